//! EtherNet/IP encapsulation (CIP Networks Library, volume 2, chapter 2) over TCP and UDP: commands, and what a device says
//! it is. Little-endian.

use crate::bytes::Reader;
use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, Progress, Sample, Transport};

/// Command, length, session, status, sender's context and options (§2-3.1).
const HEADER_SIZE: usize = 24;
/// What a command can carry at most (§2-3.1).
const MAX_LENGTH: u16 = 65_511;
const LIST_IDENTITY: u16 = 0x0063;

/// EtherNet/IP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ethernet-ip",
    name: "EthernetIP",
    selector: 308,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[44_818],
    first_bytes: crate::protocol::FirstBytes::Of(&[0x04, 0x63, 0x64, 0x65, 0x66, 0x6f, 0x70, 0x72, 0x73]),
    probe: |sample| answer(judge(sample)),
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let command = cursor.byte(|command| DESCRIPTOR.first_bytes.allows(command))?;
    cursor.literal(&[0])?;
    let length = cursor.u16_le()?;
    require(length <= MAX_LENGTH)?;
    require(sample.transport.is_stream() || sample.data.len() == HEADER_SIZE + usize::from(length))?;
    require(match command {
        0x65 => length == 4,
        0x66 => length == 0,
        0x6f | 0x70 => length >= 16,
        _ => length == 0 || length >= 2,
    })?;
    cursor.u32_le()?; // session
    let status = cursor.u32_le()?;
    require(matches!(status, 0..=3 | 0x64 | 0x65 | 0x69 | 0x6a))?;
    cursor.array::<8>()?;
    cursor.literal(&[0; 4])?; // options
    if matches!(command, 0x6f | 0x70) {
        cursor.literal(&[0; 4])?; // interface handle: CIP
        cursor.u16_le()?; // timeout
        cursor.byte(|items| (1..=8).contains(&items))?;
        cursor.literal(&[0])?;
    } else if length > 0 {
        cursor.byte(|version_or_items| (1..=8).contains(&version_or_items))?;
        cursor.literal(&[0])?;
    } else {
        // the next message, if it is there
        require(cursor.rest().first().is_none_or(|command| DESCRIPTOR.first_bytes.allows(*command)))?;
        require(cursor.rest().get(1).is_none_or(|high| *high == 0))?;
    }
    cursor.matched(100, "EtherNet/IP encapsulation header")
}

/// The command, and the product's name in a reply to ListIdentity (§2-4.2.3).
fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let mut reader = Reader::new(sample.data);
    let (Some(head), Some(_)) = (reader.array::<2>(), reader.take(HEADER_SIZE - 2)) else { return Progress::NeedMore };
    let command = u16::from_le_bytes(head);
    found.uint(Attribute::EnipCommand, command.into());
    if command == LIST_IDENTITY
        && let Some(name) = product_name(reader)
    {
        found.text(Attribute::EnipProduct, name);
        return Progress::Done;
    }
    Progress::Settled
}

/// Count, item type and size, version, socket address (16), vendor, device type, code, revision, status, serial number, name.
fn product_name(mut reader: Reader<'_>) -> Option<&[u8]> {
    reader.take(2 + 4 + 2 + 16)?;
    reader.take(2 + 2 + 2 + 2 + 2 + 4)?;
    reader.vector8()
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "RegisterSession",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x65\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00",
        expect: &[(Attribute::EnipCommand, "101")],
    },
    Example {
        title: "SendRRData with a session",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\x6f\x00\x16\x00\x2a\x00\x01\x00\x00\x00\x00\x00ctx12345\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\xb2\x00\x06\x00\x81\x00\x00\x00\x01\x00",
        expect: &[(Attribute::EnipCommand, "111")],
    },
    Example {
        title: "ListIdentity, broadcast",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x63\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
        expect: &[(Attribute::EnipCommand, "99")],
    },
    Example {
        title: "reply to ListIdentity",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x63\x00\x2e\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x0c\x00\x28\x00\x01\x00\x00\x02\xaf\x12\x0a\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x0e\x00\x37\x00\x14\x01\x34\x00\x2a\x00\x00\x01\x06PLC-01\x03",
        expect: &[(Attribute::EnipProduct, "PLC-01")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Probe;

    #[test]
    fn options_must_be_zero_and_the_status_known() {
        let mut data = EXAMPLES[0].data.to_vec();
        data[20] = 1;
        assert_eq!(answer(judge(&Sample { data: &data, ..Sample::EMPTY })), Probe::No);
        data[20] = 0;
        data[9] = 1;
        assert_eq!(answer(judge(&Sample { data: &data, ..Sample::EMPTY })), Probe::No);
    }
}
