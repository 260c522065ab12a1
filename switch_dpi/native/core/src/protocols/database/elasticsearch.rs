//! Elasticsearch's and OpenSearch's transport between nodes (TcpHeader of both): magic "ES", size, request id, status, version.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// OpenSearch marks its versions with this bit.
const OPENSEARCH_BIT: u32 = 0x0800_0000;
/// Bits of the status: response, error, compressed, handshake.
const STATUS_BITS: u8 = 0x0f;

/// Elasticsearch transport.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "elasticsearch-transport",
    name: "Elasticsearch",
    selector: 512,
    category: "database",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[9300],
    first_bytes: FirstBytes::Of(b"E"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[ping, message];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn ping(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"ES\xff\xff\xff\xff")?;
    Ok((90, "Elasticsearch ping"))
}

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"ES")?;
    require((13..0x4000_0000).contains(&cursor.u32()?))?;
    cursor.zeros(2)?;
    cursor.take(6)?;
    require(cursor.u8()? & !STATUS_BITS == 0)?;
    let version = cursor.u32()? & !OPENSEARCH_BIT;
    require((1_000_000..100_000_000).contains(&version))?; // 1.0.0 to 99.x in decimal
    Ok((90, "Elasticsearch header"))
}

const EXAMPLES: &[Example] = &[
    client("handshake", b"ES\0\0\0\x33\0\0\0\0\0\0\0\x01\x08\0\x67\xb1\x1f\0\0\0\0"),
    server("handshake answered", b"ES\0\0\0\x19\0\0\0\0\0\0\0\x01\x09\0\x67\xb1\x1f\0\0"),
    client("ping", b"ES\xff\xff\xff\xff"),
];
