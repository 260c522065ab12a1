//! Peers of Stellar ("Stellar-overlay.x"): XDR behind a record mark (RFC 5531 §11); the first message is a hello.

use crate::probing::checker::{Checker, Form, Recognised, any_form, client, require, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Stellar.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "stellar-peer",
    name: "Stellar",
    selector: 1734,
    category: "crypto-currency",
    transports: &[Transport::Tcp],
    ports: &[11625],
    first_bytes: FirstBytes::Of(b"\x80"),
    max_probe_size: 32,
    probe: |sample| any_form(sample, FORMS),
    app: "stellar",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[hello];

fn hello(checker: &mut Checker<'_>) -> Recognised {
    checker.literal(b"\x80\0")?;
    require((100..4096).contains(&checker.u16()?))?;
    checker.zeros(4)?; // version of the envelope
    checker.zeros(8)?; // sequence
    checker.literal(b"\0\0\0\x0d")?;
    require((1..1000).contains(&checker.u32()?))?; // ledger version
    Ok((95, "Stellar hello"))
}

const EXAMPLES: &[Example] = &[
    client("hello", b"\x80\0\x01\x44\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0d\0\0\0\x14"),
    server("hello", b"\x80\0\x01\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0d\0\0\0\x15"),
];
