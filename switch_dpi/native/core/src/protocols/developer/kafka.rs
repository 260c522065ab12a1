//! Apache Kafka (Kafka protocol guide, "Protocol Primitive Types", "Request Header"), big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport};

/// The greatest API key of Kafka 4, with room for some more.
const MAX_API_KEY: u16 = 100;
/// The greatest version of any of them, with room.
const MAX_VERSION: u16 = 20;

/// Kafka.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "kafka",
    name: "Kafka",
    selector: 619,
    category: "developer",
    transports: &[Transport::Tcp],
    ports: &[9092],
    first_bytes: FirstBytes::Of(&[0]),
    max_probe_size: 300,
    probe,
    inspector: Some(|| Box::<Kafka>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[request, response];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Size, what is asked for, its version, correlation, client's name.
fn request(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0")?;
    require(cursor.u24()? >= 10)?;
    require(cursor.u16()? <= MAX_API_KEY)?;
    require(cursor.u16()? <= MAX_VERSION)?;
    require(cursor.u32()? < 0x0100_0000)?;
    let name = cursor.u16()?;
    require((2..=255).contains(&name))?;
    cursor.all(usize::from(name), |byte| byte.is_ascii_graphic() || byte == b' ')?;
    Ok((if name >= 3 { 85 } else { 65 }, "Kafka request"))
}

/// A response has nothing but the correlation of its request.
fn response(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0")?;
    require(cursor.u24()? >= 4)?;
    let correlation = cursor.u32()?;
    let mut asked = cursor.of_peer();
    let mut ahead = asked;
    request(&mut ahead)?;
    asked.take(8)?;
    require(asked.u32()? == correlation)?;
    Ok((90, "Kafka response"))
}

/// Reads the client's name.
#[derive(Debug, Default)]
struct Kafka;

impl Inspector for Kafka {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let mut asked = Cursor::of(sample);
        if request(&mut asked).is_err() {
            return Progress::Settled;
        }
        found.text(Attribute::KafkaClientId, sample.data.get(14..asked.position()).unwrap_or_default());
        Progress::Done
    }
}

const EXAMPLES: &[Example] = &[
    telling(
        client("versions wanted", b"\0\0\0\x25\0\x12\0\x03\0\0\0\x01\0\x07rdkafka\0\x0blibrdkafka\x062.3.0\0"),
        &[(Attribute::KafkaClientId, "rdkafka")],
    ),
    client("metadata wanted", b"\0\0\0\x1a\0\x03\0\x01\0\0\0\x02\0\x0aconsumer-1\xff\xff\xff\xff"),
];
