//! Peers of Stellar ("Stellar-overlay.x"): XDR behind a record mark (RFC 5531 §11); the first message is a hello.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
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

fn hello(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x80\0")?;
    require((100..4096).contains(&cursor.u16()?))?;
    cursor.zeros(4)?; // version of the envelope
    cursor.zeros(8)?; // sequence
    cursor.literal(b"\0\0\0\x0d")?;
    require((1..1000).contains(&cursor.u32()?))?; // ledger version
    Ok((95, "Stellar hello"))
}

const EXAMPLES: &[Example] = &[
    client("hello", b"\x80\0\x01\x44\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0d\0\0\0\x14"),
    server("hello", b"\x80\0\x01\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0d\0\0\0\x15"),
];
