//! MMS (ISO 9506) as IEC 61850-8-1 and ICCP/TASE.2 (IEC 60870-6) use it: over ISO presentation, session and transport in TCP.

use crate::formats::iso_on_tcp::user_data;
use crate::probing::answers::{Verdict, answer, matched};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Abstract syntax 1.0.9506.2.1, the one of MMS (ISO 9506-2 §19), as BER writes it.
const ABSTRACT_SYNTAX: &[u8] = &[0x28, 0xca, 0x22, 0x02, 0x01];
/// Session units CONNECT, ACCEPT (ISO 8327-1 §8.3.1, §8.3.4).
const SESSION_CONNECT: u8 = 13;
const SESSION_ACCEPT: u8 = 14;
/// "Give tokens" and "data transfer", both empty, then presentation user data (ISO 8823-1 §8.4).
const DATA_TRANSFER: &[u8] = &[1, 0, 1, 0, 0x61];
/// The opening has addresses, contexts and the first MMS unit: some 200 bytes.
const MAX_OPENING_SIZE: usize = 1_024;

/// MMS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "iso9506-mms",
    name: "ISO9506-1-MMS",
    selector: 307,
    category: "industrial",
    transports: &[Transport::Tcp],
    ports: &[102],
    first_bytes: FirstBytes::Of(&[3]),
    max_probe_size: MAX_OPENING_SIZE,
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let stream = Cursor::of(sample);
    let mut cursor = user_data(&stream)?;
    let unit = cursor.rest();
    match cursor.u8()? {
        SESSION_CONNECT | SESSION_ACCEPT => {
            let position = unit.windows(ABSTRACT_SYNTAX.len()).position(|window| window == ABSTRACT_SYNTAX);
            let is_named = position.is_some() && unit.contains(&0x60) | unit.contains(&0x61);
            if is_named || is_accept(unit) {
                Ok(matched(97, "opening of MMS", stream.size()))
            } else {
                Err(Probe::NeedMore)
            }
        }
        1 => {
            let mut cursor = Cursor::growing(unit);
            cursor.literal(DATA_TRANSFER)?;
            cursor.take(ber_size(&cursor)?)?;
            cursor.literal(&[0x30])?;
            cursor.take(ber_size(&cursor)?)?;
            cursor.literal(&[0x02, 0x01])?; // presentation context
            cursor.byte(|context| context & 1 == 1)?;
            cursor.byte(|tag| matches!(tag, 0xa0 | 0xa1))?;
            Ok(matched(95, "MMS in presentation data", stream.position() + cursor.position()))
        }
        _ => Err(Probe::No),
    }
}

/// How many bytes the length at the front takes (X.690 §8.1.3): 1 to 3.
fn ber_size(cursor: &Cursor<'_>) -> Result<usize, Probe> {
    let first = Cursor::clone(cursor).u8()?;
    require(first < 0x80 || matches!(first, 0x81 | 0x82))?;
    Ok(if first < 0x80 { 1 } else { usize::from(first & 0x7f) + 1 })
}

/// An ACCEPT does not repeat the abstract syntax; it carries MMS's initiate response, [9], whose first element is [0], [1] or
/// [2] (ISO 9506-2 §8), in an ACSE response with association control's result.
fn is_accept(unit: &[u8]) -> bool {
    const RESULT_ACCEPTED: &[u8] = &[0xa2, 0x03, 0x02, 0x01, 0x00];
    const VERSION_1: &[u8] = &[0x80, 0x01, 0x01];
    let has = |part: &[u8]| unit.windows(part.len()).any(|window| window == part);
    unit.first() == Some(&SESSION_ACCEPT) && has(RESULT_ACCEPTED) && unit.contains(&0xa9) && has(VERSION_1)
}

const EXAMPLES: &[Example] = &[
    client("session and presentation CONNECT that name MMS", b"\x03\x00\x00\x47\x02\xf0\x80\x0d\x3e\x05\x06\x13\x01\x00\x16\x01\x02\x14\x02\x00\x02\xc1\x30\x31\x2e\xa0\x03\x80\x01\x01\xa2\x27\xa4\x23\x30\x0f\x02\x01\x01\x06\x04\x52\x01\x00\x01\x30\x04\x06\x02\x51\x01\x30\x10\x02\x01\x03\x06\x05\x28\xca\x22\x02\x01\x30\x04\x06\x02\x51\x01\x60\x00"),
    client("confirmed request in the middle of a connection", b"\x03\x00\x00\x1d\x02\xf0\x80\x01\x00\x01\x00\x61\x10\x30\x0e\x02\x01\x03\xa0\x09\xa0\x07\x02\x02\x01\x2d\x82\x01\x00"),
    server("information report", b"\x03\x00\x00\x1b\x02\xf0\x80\x01\x00\x01\x00\x61\x0e\x30\x0c\x02\x01\x03\xa0\x07\xa3\x05\xa0\x03\x80\x01\x00"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_users_of_the_session_layer_are_not_claimed() {
        let data = b"\x03\x00\x00\x0c\x02\xf0\x80\x0d\x03\x05\x01\x00";
        assert_eq!(answer(judge(&Sample { data, ..Sample::EMPTY })), Probe::NeedMore);
        let data = b"\x03\x00\x00\x0b\x02\xf0\x80\x64\x00\x00\x00";
        assert_eq!(answer(judge(&Sample { data, ..Sample::EMPTY })), Probe::No);
    }
}
