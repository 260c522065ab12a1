//! Synergy and Barrier, one keyboard for several machines (Synergy, "ProtocolTypes.h" by description): both ends tell name and version.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Synergy.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "synergy",
    name: "Synergy",
    selector: 1719,
    category: "remote-access",
    risk: Some(80),
    transports: &[Transport::Tcp],
    ports: &[24800],
    first_bytes: FirstBytes::Of(b"\0"),
    max_probe_size: 16,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[hello];

fn hello(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0\0\0")?;
    cursor.within(11, 0x40)?;
    cursor.any_literal(&[b"Synergy\0\x01\0", b"Barrier\0\x01\0"])?;
    Ok((100, "Synergy hello"))
}

const EXAMPLES: &[Example] = &[
    server("hello", b"\0\0\0\x0bSynergy\0\x01\0\x06"),
    client("hello with a name", b"\0\0\0\x13Barrier\0\x01\0\x06\0\0\0\x04desk"),
];
