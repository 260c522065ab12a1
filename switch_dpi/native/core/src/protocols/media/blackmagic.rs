//! Blackmagic Design's Videohub and HyperDeck (their "Developer Information"): what the server begins with.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::server;
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Blackmagic.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "blackmagic",
    name: "Blackmagic",
    selector: 1754,
    category: "streaming-protocol",
    transports: &[Transport::Tcp],
    ports: &[9990, 9993],
    first_bytes: FirstBytes::Of(b"P5"),
    max_probe_size: 32,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[videohub, hyperdeck];

fn videohub(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"PROTOCOL PREAMBLE:")?;
    cursor.line(2)?;
    Ok((100, "Videohub preamble"))
}

fn hyperdeck(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"500 connection info:")?;
    cursor.line(2)?;
    Ok((100, "HyperDeck connection info"))
}

const EXAMPLES: &[Example] = &[
    server("Videohub", b"PROTOCOL PREAMBLE:\nVersion: 2.3\n\n"),
    server("HyperDeck", b"500 connection info:\r\nprotocol version: 1.11\r\n"),
];
