//! Java Debug Wire Protocol (Java platform, "JDWP specification"): each end begins with a fixed handshake.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// JDWP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "jdwp",
    name: "JDWP",
    selector: 605,
    category: "developer",
    risk: Some(80),
    transports: &[Transport::Tcp],
    ports: &[5005, 8000],
    first_bytes: FirstBytes::Of(b"J"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[handshake];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn handshake(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"JDWP-Handshake")?;
    Ok((100, "JDWP handshake"))
}

const EXAMPLES: &[Example] = &[
    client("handshake and a command", b"JDWP-Handshake\0\0\0\x0b\0\0\0\x01\0\x01\x01"),
    server("handshake", b"JDWP-Handshake"),
];
