//! VelocyStream of ArangoDB (its manual, "VST"): the version that a client begins with.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// ArangoDB.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "arangodb-vst",
    name: "ArangoDB",
    selector: 1732,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[8529],
    first_bytes: FirstBytes::Of(b"V"),
    max_probe_size: 11,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[version];

fn version(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(&[b"VST/1.0\r\n\r\n", b"VST/1.1\r\n\r\n"])?;
    Ok((100, "VelocyStream version"))
}

const EXAMPLES: &[Example] =
    &[client("version 1.1", b"VST/1.1\r\n\r\n"), client("version 1.0", b"VST/1.0\r\n\r\n\x20\0\0\0")];
