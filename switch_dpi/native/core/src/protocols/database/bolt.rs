//! Bolt, Neo4j's protocol (Neo4j, "Bolt Protocol handshake specification").

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const MAGIC: &[u8] = b"\x60\x60\xb0\x17";

/// Bolt.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "neo4j-bolt",
    name: "Neo4j Bolt",
    selector: 520,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[7687],
    first_bytes: FirstBytes::Of(&[0x00, 0x60]),
    probe,
    app: "neo4j",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[handshake, success, version];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Magic, then the versions that the client speaks.
fn handshake(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(MAGIC)?;
    Ok((100, "Bolt handshake"))
}

/// The chosen version, then the answer to HELLO: a chunk with a structure of one map.
fn success(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.zeros(2)?;
    cursor.within(0, 9)?;
    cursor.within(1, 9)?;
    cursor.take(2)?;
    cursor.literal(b"\xb1")?;
    cursor.one_of(&[0x70, 0x7f])?;
    cursor.all(1, |byte| byte & 0xf0 == 0xa0)?;
    cursor.all(1, |byte| byte & 0xf0 == 0x80)?;
    Ok((80, "Bolt version and answer"))
}

/// The chosen version alone counts as an answer.
fn version(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.zeros(2)?;
    cursor.within(0, 9)?;
    cursor.within(0, 9)?;
    cursor.of_peer().literal(MAGIC)?;
    Ok((100, "Bolt version"))
}

const EXAMPLES: &[Example] = &[
    client("handshake", b"\x60\x60\xb0\x17\0\x03\x03\x04\0\0\x01\x04\0\0\0\x04\0\0\0\x03"),
    server("version and answer", b"\0\0\x04\x04\0\x17\xb1\x70\xa1\x86server\x8bNeo4j/4.4.0\0\0"),
];
