//! RethinkDB (RethinkDB documentation, "Writing drivers"): a magic number names the protocol's version.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// V0_1 to V1_0, little-endian.
const MAGIC: &[&[u8]] =
    &[b"\x36\xba\x61\x3f", b"\xe1\x81\x30\x72", b"\x3e\xe8\x75\x5f", b"\x20\x2d\x0c\x40", b"\xc3\xbd\xc2\x34"];

/// The most that a server reads as a key, and as a query.
const MAX_KEY_SIZE: u32 = 2048;
const MAX_QUERY_SIZE: u32 = 1 << 26;

/// RethinkDB.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rethinkdb-wire",
    app: "rethinkdb",
    name: "RethinkDB",
    selector: 521,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[28015],
    first_bytes: FirstBytes::Of(b"\x36\xe1\x3e\x20\xc3{"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[magic, answer];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Behind it JSON (1.0), the size of the key (0.2 to 0.4), or that of the first query (0.1).
fn magic(cursor: &mut Cursor<'_>) -> Recognised {
    match cursor.any_literal(MAGIC)? {
        0 => require(cursor.u32_le()? <= MAX_QUERY_SIZE)?,
        1..=3 => require(cursor.u32_le()? <= MAX_KEY_SIZE)?,
        _ => cursor.literal(b"{")?,
    }
    Ok((90, "RethinkDB magic number"))
}

/// A server of version 1.0 describes itself.
fn answer(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(&[b"{\"max_protocol_version\":", b"{\"success\":true,\"min_protocol_version\":"])?;
    Ok((100, "RethinkDB answer"))
}

const EXAMPLES: &[Example] = &[
    client("version 1.0", b"\xc3\xbd\xc2\x34{\"protocol_version\":0,\"authentication_method\":\"SCRAM-SHA-256\"}\0"),
    client("version 0.4, JSON", b"\x20\x2d\x0c\x40\0\0\0\0\xc7\x70\x69\x7e"),
    server(
        "version 1.0",
        b"{\"max_protocol_version\":0,\"min_protocol_version\":0,\"server_version\":\"2.4.1\",\"success\":true}\0",
    ),
];
