//! AMQP over TCP: 0-8 to 0-10 and 1.0 by their protocol header (0-9-1 §4.2.2, 1.0 §2.2), and the server's first frame.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Progress, Sample, Transport};

const MAGIC: &[u8] = b"AMQP";
/// Method frame on channel 0, then size; class 10 (connection), method 10 (start), version 0-9 or 8-0 (0-9-1 §4.2.3, §1.4).
const METHOD_FRAME: &[u8] = &[1, 0, 0];
const CONNECTION_START: &[u8] = &[0, 10, 0, 10];
/// A server says what it is in a few hundred bytes.
const MAX_FRAME_SIZE: u32 = 0x0002_0000;

/// AMQP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "amqp",
    name: "AMQP",
    selector: 346,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[5672],
    first_bytes: FirstBytes::Of(b"A\x01"),
    probe: |sample| answer(judge(sample)),
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    if sample.data.first() == METHOD_FRAME.first() {
        cursor.literal(METHOD_FRAME)?;
        let size = cursor.u32()?;
        require((14..MAX_FRAME_SIZE).contains(&size))?;
        cursor.literal(CONNECTION_START)?;
        cursor.byte(|major| matches!(major, 0 | 8))?;
        return cursor.matched(95, "connection.start");
    }
    cursor.literal(MAGIC)?;
    version(cursor.array()?).ok_or(crate::protocol::Probe::No)?;
    cursor.matched(100, "AMQP protocol header")
}

/// How the four bytes behind the name tell a version.
const fn version(bytes: [u8; 4]) -> Option<&'static str> {
    match bytes {
        [0 | 2 | 3, 1, 0, 0] => Some("1.0"), // plain, after TLS, after SASL
        [0, 0, 9, 1] => Some("0-9-1"),
        [1, 1, 0, 9] => Some("0-9"),
        [1, 1, 8, 0] | [1, 1, 0, 8] => Some("0-8"),
        [1, 1, 0, 10] => Some("0-10"),
        _ => None,
    }
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    if sample.data.first() != MAGIC.first() {
        return Progress::Settled;
    }
    let header = sample.data.get(MAGIC.len()..).and_then(<[u8]>::first_chunk);
    let Some(version) = header.and_then(|bytes| version(*bytes)) else { return Progress::NeedMore };
    found.text(Attribute::AmqpVersion, version.as_bytes());
    Progress::Done
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "0-9-1",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"AMQP\x00\x00\x09\x01",
        expect: &[(Attribute::AmqpVersion, "0-9-1")],
    },
    Example {
        title: "1.0 with SASL",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"AMQP\x03\x01\x00\x00\x00\x00\x00\x08\x02\x01\x00\x00",
        expect: &[(Attribute::AmqpVersion, "1.0")],
    },
    Example {
        title: "connection.start of a server",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\x01\x00\x00\x00\x00\x00\x25\x00\x0a\x00\x0a\x00\x09\x00\x00\x00\x00\x00\x00\x00\x0ePLAIN AMQPLAIN\x00\x00\x00\x05en_US\xce",
        expect: &[],
    },
];
