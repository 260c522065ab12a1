//! TACACS+ (RFC 8907): a header of twelve bytes; the bodies are obfuscated.

use crate::probing::checker::{Checker, Form, Recognised, any_form, client, require, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// TACACS+.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tacacs-plus",
    name: "TACACS+",
    selector: 563,
    category: "authentication",
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
fn packet(checker: &mut Checker<'_>) -> Recognised {
    checker.one_of(&[0xc0, 0xc1])?;
    checker.within(1, 3)?;
    checker.within(1, 2)?;
    checker.one_of(&[0x00, 0x01, 0x04, 0x05])?;
    checker.take(4)?;
    checker.zeros(2)?;
    require((5..=4096).contains(&checker.u16()?))?;
    Ok((75, "TACACS+ packet"))
}

const EXAMPLES: &[Example] = &[
    client("authentication", b"\xc0\x01\x01\0\x12\x34\x56\x78\0\0\0\x10abcdefghijklmnop"),
    server("answer", b"\xc0\x01\x02\x04\x12\x34\x56\x78\0\0\0\x06abcdef"),
];
