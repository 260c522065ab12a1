//! Blackmagic Design's Videohub and HyperDeck (their "Developer Information"): what the server begins with.

use crate::probing::checker::{Checker, Form, Recognised, any_form, server};
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

fn videohub(checker: &mut Checker<'_>) -> Recognised {
    checker.literal(b"PROTOCOL PREAMBLE:")?;
    checker.line(2)?;
    Ok((100, "Videohub preamble"))
}

fn hyperdeck(checker: &mut Checker<'_>) -> Recognised {
    checker.literal(b"500 connection info:")?;
    checker.line(2)?;
    Ok((100, "HyperDeck connection info"))
}

const EXAMPLES: &[Example] = &[
    server("Videohub", b"PROTOCOL PREAMBLE:\nVersion: 2.3\n\n"),
    server("HyperDeck", b"500 connection info:\r\nprotocol version: 1.11\r\n"),
];
