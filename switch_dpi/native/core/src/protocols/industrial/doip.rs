//! DoIP, diagnostics over IP of vehicles (ISO 13400-2), over TCP and UDP: its messages, and which vehicle announces itself.

use crate::bytes::Reader;
use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Progress, Sample, Transport};

/// Version, inverse, type, length (§9.2).
const HEADER_SIZE: usize = 8;
/// Version of the first draft, whose payload types overlap with those of ISO 15118.
const DRAFT: u8 = 1;
/// A diagnostic message over TCP; flash downloads come in blocks below this.
const MAX_LENGTH: u32 = 0x0010_0000;
const ANNOUNCEMENT: u16 = 0x0004;
const VIN_SIZE: usize = 17;

/// DoIP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "doip",
    name: "DoIP",
    selector: 327,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[13_400],
    first_bytes: FirstBytes::Of(&[1, 2, 3, 4, 0xff]),
    probe: |sample| answer(judge(sample)),
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let version = cursor.byte(|version| matches!(version, 1..=4 | 0xff))?;
    cursor.literal(&[!version])?;
    let kind = cursor.u16()?;
    let length = cursor.u32()?;
    require(is_length(kind, length))?;
    require(version != DRAFT || kind < 0x8000)?;
    require(sample.transport.is_stream() || sample.data.len() == HEADER_SIZE + usize::try_from(length).unwrap_or(0))?;
    cursor.matched(95, "DoIP header")
}

/// Which length a message of this type has (§7, §9, table 17).
const fn is_length(kind: u16, length: u32) -> bool {
    match kind {
        0x0000 => length == 1,
        0x0001 | 0x4001 | 0x4003 | 0x0007 => length == 0,
        0x0002 => length == 6,
        0x0003 => length == 17,
        0x0004 => matches!(length, 32 | 33),
        0x0005 => matches!(length, 7 | 11),
        0x0006 => matches!(length, 9 | 13),
        0x0008 => length == 2,
        0x4002 => matches!(length, 3 | 7),
        0x4004 => length == 1,
        0x8001 => length >= 5 && length <= MAX_LENGTH,
        0x8002 | 0x8003 => length >= 5 && length <= 0x1000,
        _ => false,
    }
}

/// The vehicle's identification number (§7.4, table 5).
fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let mut reader = Reader::new(sample.data);
    let (Some(_version), Some(kind), Some(_length)) = (reader.u16(), reader.u16(), reader.u32()) else {
        return Progress::NeedMore;
    };
    if kind == ANNOUNCEMENT
        && let Some(vin) = reader.array::<VIN_SIZE>()
        && vin.iter().all(u8::is_ascii_alphanumeric)
    {
        found.text(Attribute::DoipVin, &vin);
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "vehicle announcement",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x02\xfd\x00\x04\x00\x00\x00\x21WVWZZZ1JZXW000001\x00\x10\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x01\x00\x00",
        expect: &[(Attribute::DoipVin, "WVWZZZ1JZXW000001")],
    },
    Example {
        title: "vehicle identification request",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\xff\x00\x00\x01\x00\x00\x00\x00",
        expect: &[],
    },
    Example {
        title: "routing activation",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x02\xfd\x00\x05\x00\x00\x00\x07\x0e\x80\x00\x00\x00\x00\x00",
        expect: &[],
    },
    Example {
        title: "diagnostic message: default session",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x03\xfc\x80\x01\x00\x00\x00\x06\x0e\x80\x10\x01\x10\x01",
        expect: &[],
    },
];
