//! DNP3 (IEEE 1815-2012) over TCP and UDP: the link header with its check sequence; who talks to whom and what for.

use crate::bytes::Reader;
use crate::formats::checks::crc16_dnp;
use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Progress, Sample, Transport};

/// Start bytes (§9.2.4.1.1).
const START: [u8; 2] = [0x05, 0x64];
/// Control, destination and source are counted by the length (§9.2.4.1.2).
const MIN_LENGTH: u8 = 5;
/// Start, length, control and the two addresses: what the first check sequence covers.
const CHECKED_SIZE: usize = 8;

/// DNP3.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dnp3",
    name: "DNP3",
    selector: 302,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[20_000],
    first_bytes: FirstBytes::Of(&[0x05]),
    probe: |sample| answer(judge(sample)),
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(&START)?;
    cursor.byte(|length| length >= MIN_LENGTH)?;
    cursor.array::<5>()?;
    let crc = cursor.u16_le()?;
    let header = sample.data.get(..CHECKED_SIZE).unwrap_or_default();
    require(crc == crc16_dnp(header))?;
    cursor.matched(100, "DNP3 link header with its check sequence")
}

/// The first frame's addresses and, where a fragment begins in it, its function (§8.2, §4.2.2).
fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    const FIRST: u8 = 0x40;
    let mut reader = Reader::new(sample.data);
    let (Some(head), Some(_crc)) = (reader.array::<CHECKED_SIZE>(), reader.u16()) else { return Progress::NeedMore };
    let [_, _, length, _, destination @ .., source_low, source_high] = head;
    found.uint(Attribute::Dnp3Source, u16::from_le_bytes([source_low, source_high]).into());
    found.uint(Attribute::Dnp3Destination, u16::from_le_bytes(destination).into());
    if usize::from(length) < usize::from(MIN_LENGTH) + 3 {
        return Progress::Settled;
    }
    let (Some(transport), Some(_control), Some(function)) = (reader.u8(), reader.u8(), reader.u8()) else {
        return Progress::Settled;
    };
    if transport & FIRST != 0 {
        found.uint(Attribute::Dnp3Function, function.into());
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "reset of the link, outstation 1 from master 0",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x05\x64\x05\xc0\x01\x00\x00\x00\x91\xf8",
        expect: &[(Attribute::Dnp3Destination, "1"), (Attribute::Dnp3Source, "0")],
    },
    Example {
        title: "link status, and the answer in a datagram",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x05\x64\x05\x0b\x00\x00\x01\x00\xba\xf0",
        expect: &[(Attribute::Dnp3Destination, "0"), (Attribute::Dnp3Source, "1")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Probe;

    #[test]
    fn the_check_sequence_decides() {
        let right = b"\x05\x64\x05\xc0\x01\x00\x00\x00".to_vec();
        let crc = crc16_dnp(&right).to_le_bytes();
        let frame = [&right[..], &crc].concat();
        assert!(matches!(answer(judge(&Sample { data: &frame, ..Sample::EMPTY })), Probe::Match(_)));
        let wrong = [&right[..], &[crc[0] ^ 1, crc[1]]].concat();
        assert_eq!(answer(judge(&Sample { data: &wrong, ..Sample::EMPTY })), Probe::No);
    }
}
