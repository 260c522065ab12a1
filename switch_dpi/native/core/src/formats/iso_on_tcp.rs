//! ISO transport class 0 over TCP (RFC 1006, RFC 2126; ISO 8073): what S7, MMS and others talk through. RDP and H.323 share the
//! envelope; RDP's connection request has no transport selectors.

use crate::probing::cursor::{Cursor, require};
use crate::protocol::Probe;

/// Version 3, reserved 0 (RFC 1006 §6).
const TPKT: [u8; 2] = [3, 0];
/// Envelope: version, reserved, size with itself.
const TPKT_SIZE: usize = 4;
const CONNECTION_REQUEST: u8 = 0xe0;
const CONNECTION_CONFIRM: u8 = 0xd0;
const DATA: u8 = 0xf0;
/// A connection is opened by one unit of each end; a third would be strange.
const MAX_UNITS: usize = 3;

/// A transport unit at the start of the bytes.
#[derive(Clone, Copy, Debug)]
pub enum Unit<'a> {
    /// Connection request or confirm; told is whether it names transport selectors.
    Connect {
        /// Parameter 0xC1 or 0xC2 is there (ISO 8073 §13.3.4).
        has_selectors: bool,
    },
    /// User data, as far as it has arrived.
    Data(&'a [u8]),
}

/// Reads one unit and takes it off the front.
///
/// # Errors
/// What a missing or wrong field means for a probe.
pub fn unit<'a>(cursor: &mut Cursor<'a>) -> Result<Unit<'a>, Probe> {
    cursor.literal(&TPKT)?;
    let size = usize::from(cursor.u16()?);
    require(size >= TPKT_SIZE + 3)?;
    let indicator = usize::from(cursor.byte(|size| (2..=254).contains(&size))?);
    require(TPKT_SIZE + 1 + indicator <= size)?;
    let kind = cursor.byte(|kind| matches!(kind, CONNECTION_REQUEST | CONNECTION_CONFIRM | DATA))?;
    if kind == DATA {
        require(indicator == 2)?;
        cursor.byte(|number| number & 0x7f == 0)?;
        let there = cursor.rest();
        let data = there.get(..size - TPKT_SIZE - 3).unwrap_or(there);
        cursor.take(data.len())?;
        return Ok(Unit::Data(data));
    }
    require(size == TPKT_SIZE + 1 + indicator && indicator >= 6)?;
    cursor.take(4)?; // references
    cursor.byte(|class| class & 0xf0 <= 0x40)?;
    let parameters = cursor.take(indicator - 6)?;
    Ok(Unit::Connect { has_selectors: has_selectors(parameters)? })
}

/// The first user data of a stream, behind the opening of the connection if it is there.
///
/// # Errors
/// What a missing or wrong field means for a probe.
pub fn user_data<'a>(stream: &Cursor<'a>) -> Result<Cursor<'a>, Probe> {
    let mut cursor = *stream;
    for _ in 0..MAX_UNITS {
        if let Unit::Data(data) = unit(&mut cursor)? {
            return Ok(if cursor.rest().is_empty() { Cursor::growing(data) } else { Cursor::whole(data) });
        }
    }
    Err(Probe::No)
}

/// Parameters of a connection unit: code, size, value (ISO 8073 §13.3.4).
fn has_selectors(parameters: &[u8]) -> Result<bool, Probe> {
    let mut cursor = Cursor::whole(parameters);
    let mut found = false;
    while !cursor.rest().is_empty() {
        let code = cursor.byte(|code| code >= 0x80)?;
        let size = cursor.u8()?;
        cursor.take(usize::from(size))?;
        found |= matches!(code, 0xc1 | 0xc2);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{Cursor, Probe, Unit, unit, user_data};

    const REQUEST: &[u8] = b"\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x01\x00\xc1\x02\x01\x00\xc2\x02\x01\x02\xc0\x01\x0a";

    #[test]
    fn selectors_are_seen() {
        let mut cursor = Cursor::growing(REQUEST);
        assert!(matches!(unit(&mut cursor), Ok(Unit::Connect { has_selectors: true })));
        assert!(cursor.rest().is_empty());
    }

    #[test]
    fn data_stands_behind_the_request() {
        let stream = [REQUEST, b"\x03\x00\x00\x09\x02\xf0\x80\x32\x01"].concat();
        let data = user_data(&Cursor::growing(&stream)).map(|cursor| cursor.rest().to_vec());
        assert_eq!(data, Ok(vec![0x32, 1]));
        let cut = user_data(&Cursor::growing(REQUEST)).map(|cursor| cursor.size());
        assert_eq!(cut, Err(Probe::NeedMore));
    }

    #[test]
    fn the_request_of_a_remote_desktop_is_no_parameter_list() {
        let request = b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00";
        assert!(unit(&mut Cursor::growing(request)).is_err());
    }
}
