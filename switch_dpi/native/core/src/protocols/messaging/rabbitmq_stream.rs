//! RabbitMQ's stream protocol (RabbitMQ, deps/rabbitmq_stream/docs/PROTOCOL.adoc), big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// RabbitMQ stream.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rabbitmq-stream",
    name: "RabbitMQ stream",
    selector: 625,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[5552],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[properties, handshake];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// PeerProperties and its answer: key, version 1, correlation, (code,) a map of strings.
fn properties(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0\0")?;
    require(cursor.u16()? > 12)?;
    let is_answer = cursor.any_literal(&[b"\0\x11\0\x01", b"\x80\x11\0\x01"])? == 1;
    cursor.take(4)?;
    if is_answer {
        cursor.literal(b"\0\x01")?;
    }
    require((1..64).contains(&cursor.u32()?))?;
    let name = cursor.u16()?;
    require((1..64).contains(&name))?;
    cursor.all(usize::from(name), |byte| byte.is_ascii_graphic())?;
    Ok((100, "stream properties"))
}

/// Later parts of the handshake, with their fixed sizes.
fn handshake(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(&[b"\0\0\0\x08\0\x12\0\x01", b"\0\0\0\x0c\0\x14\0\x01"])?;
    Ok((80, "stream handshake"))
}

const EXAMPLES: &[Example] = &[
    client("properties", b"\0\0\0\x20\0\x11\0\x01\0\0\0\x01\0\0\0\x01\0\x07product\0\x07example"),
    server("properties", b"\0\0\0\x21\x80\x11\0\x01\0\0\0\x01\0\x01\0\0\0\x01\0\x07product\0\x06Rabbit"),
    server("tune", b"\0\0\0\x0c\0\x14\0\x01\0\x10\0\0\0\0\0\x3c"),
];
