//! TACACS+ (RFC 8907): a header of twelve bytes; the bodies are obfuscated.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// TACACS+.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tacacs-plus",
    name: "TACACS+",
    selector: 563,
    category: "authentication",
    risk: Some(20),
    transports: &[Transport::Tcp],
    ports: &[49],
    first_bytes: FirstBytes::Of(&[0xc0, 0xc1]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[packet];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// §4.1: version, type, sequence number (1 begins a session, 2 answers), flags, session, size.
fn packet(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.one_of(&[0xc0, 0xc1])?;
    cursor.within(1, 3)?;
    cursor.within(1, 2)?;
    cursor.one_of(&[0x00, 0x01, 0x04, 0x05])?;
    cursor.take(4)?;
    cursor.zeros(2)?;
    require((5..=4096).contains(&cursor.u16()?))?;
    Ok((75, "TACACS+ packet"))
}

const EXAMPLES: &[Example] = &[
    client("authentication", b"\xc0\x01\x01\0\x12\x34\x56\x78\0\0\0\x10abcdefghijklmnop"),
    server("answer", b"\xc0\x01\x02\x04\x12\x34\x56\x78\0\0\0\x06abcdef"),
];
