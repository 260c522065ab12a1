//! IEC 60870-5-104: APDUs over TCP, with the types of IEC 60870-5-101 and the common addresses that they speak of.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::cursor::{Cursor, require};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

const PORT: u16 = 2404;
/// Start byte of every APDU (IEC 60870-5-104 §5).
const START: u8 = 0x68;
/// Control octets, and the largest APDU.
const LENGTHS: std::ops::RangeInclusive<u8> = 4..=253;
/// An ASDU has a type, a qualifier, two octets of cause, two of common address and an object address of three.
const MIN_ASDU_SIZE: usize = 9;
/// APDUs counted by the probe and read by the inspector.
const MAX_UNITS: usize = 16;
/// What is fixed in a U, S and I format, in bits; random bytes have none of it.
const U_BITS: u32 = 45;
const S_BITS: u32 = 33;
const I_BITS: u32 = 20;
/// From here on a match is firm.
const FIRM_BITS: u32 = 32;

/// IEC 60870-5-104.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "iec60870",
    name: "IEC60870",
    selector: 303,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[PORT],
    first_bytes: FirstBytes::Of(&[START]),
    max_probe_size: 1024,
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let (Ok(ours), Ok(theirs)) = (count(sample.data), count(sample.other)) else { return Probe::No };
    let confidence = match ours.bits + theirs.bits {
        bits if bits >= U_BITS => 95,
        bits if bits >= FIRM_BITS => 80,
        bits if bits > 0 && sample.is_at_port(&[PORT]) => 59,
        _ => return Probe::NeedMore,
    };
    matched(confidence, "APDUs of IEC 60870-5-104", ours.size)
}

/// Whole APDUs at the start of a stream.
struct Counted {
    bits: u32,
    size: usize,
}

/// Counts what speaks for the protocol; an error where something speaks against it.
fn count(data: &[u8]) -> Result<Counted, Probe> {
    let mut cursor = Cursor::growing(data);
    let mut counted = Counted { bits: 0, size: 0 };
    for _ in 0..MAX_UNITS {
        match apdu(&mut cursor) {
            Ok(bits) => counted = Counted { bits: counted.bits + bits, size: cursor.position() },
            Err(Probe::No) => return Err(Probe::No),
            Err(_) => break,
        }
    }
    Ok(counted)
}

/// Reads one APDU and says how many of its bits are fixed (§5, figures 6 to 8).
fn apdu(cursor: &mut Cursor<'_>) -> Result<u32, Probe> {
    cursor.literal(&[START])?;
    let length = usize::from(cursor.byte(|length| LENGTHS.contains(&length))?);
    let first = cursor.u8()?;
    if first & 1 == 0 {
        require(length >= 4 + MIN_ASDU_SIZE)?;
        cursor.u8()?;
        cursor.byte(|low| low & 1 == 0)?;
        cursor.u8()?;
        let asdu = cursor.take(length - 4)?;
        return require(is_asdu(asdu)).map(|()| I_BITS);
    }
    require(length == 4)?;
    if first & 3 == 1 {
        cursor.literal(&[0])?;
        require(first == 1)?;
        cursor.byte(|low| low & 1 == 0)?;
        cursor.u8()?;
        return Ok(S_BITS);
    }
    require(matches!(first, 0x07 | 0x0b | 0x13 | 0x23 | 0x43 | 0x83))?;
    cursor.literal(&[0, 0, 0])?;
    Ok(U_BITS)
}

/// Known type, at least one object, a cause in use (IEC 60870-5-101 §7.2).
fn is_asdu(asdu: &[u8]) -> bool {
    let [kind, qualifier, cause, ..] = asdu else { return false };
    let has_type = matches!(kind, 1..=40 | 45..=51 | 58..=64 | 70 | 100..=107 | 110..=113 | 120..=127);
    let has_cause = matches!(cause & 0x3f, 1..=13 | 20..=41 | 44..=47);
    let count = usize::from(qualifier & 0x7f);
    // in a sequence the first object alone has an address
    let least = if qualifier & 0x80 != 0 { MIN_ASDU_SIZE + count } else { 6 + 3 * count };
    has_type && has_cause && count > 0 && asdu.len() >= least
}

/// Types and common addresses of the first APDUs.
fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let mut reader = Reader::new(sample.data);
    for _ in 0..MAX_UNITS {
        let (Some(START), Some(unit)) = (reader.u8(), reader.vector8()) else { return Progress::Settled };
        let [first, _, _, _, kind, _, _, _, address_low, address_high, ..] = unit else { continue };
        if first & 1 == 0 {
            found.uint(Attribute::Iec104Type, (*kind).into());
            found.uint(Attribute::Iec104CommonAddress, u16::from_le_bytes([*address_low, *address_high]).into());
        }
    }
    Progress::Done
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "STARTDT act, then an interrogation of station 10",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x68\x04\x07\x00\x00\x00\x68\x0e\x00\x00\x00\x00\x64\x01\x06\x00\x0a\x00\x00\x00\x00\x14",
        expect: &[(Attribute::Iec104Type, "100"), (Attribute::Iec104CommonAddress, "10")],
    },
    Example {
        title: "STARTDT con",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\x68\x04\x0b\x00\x00\x00",
        expect: &[],
    },
    Example {
        title: "supervisory: eight received",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x68\x04\x01\x00\x10\x00",
        expect: &[],
    },
    Example {
        title: "two single points, spontaneous, in the middle of a connection",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\x68\x0e\x02\x00\x02\x00\x01\x01\x03\x00\x01\x00\x64\x00\x00\x01\x68\x0e\x04\x00\x02\x00\x01\x01\x03\x00\x01\x00\x65\x00\x00\x00",
        expect: &[(Attribute::Iec104Type, "1"), (Attribute::Iec104CommonAddress, "1")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probing::answers::answer;

    #[test]
    fn a_wrong_control_field_is_refused() {
        for data in [
            &b"\x68\x04\x0f\x00\x00\x00"[..],
            b"\x68\x05\x07\x00\x00\x00",
            b"\x68\x03\x07\x00\x00",
            b"\x68\x04\x05\x00\x00\x00",
        ] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No);
        }
        assert_eq!(answer(apdu(&mut Cursor::growing(b"\x68\x04")).map(|_| Probe::No)), Probe::NeedMore);
    }
}
