//! Tarantool's binary protocol (Tarantool, "IPROTO"): a greeting of text, then MessagePack.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Tarantool.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tarantool-iproto",
    name: "Tarantool",
    selector: 626,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[3301],
    first_bytes: FirstBytes::Of(b"T\xce"),
    probe,
    app: "tarantool",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[greeting, request];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn greeting(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"Tarantool ")?;
    cursor.all(1, |byte| byte.is_ascii_digit())?;
    Ok((100, "Tarantool greeting"))
}

/// Size as a number of four bytes, a map with type (key 0) and sync (key 1).
fn request(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\xce\0")?;
    require(cursor.u24()? >= 5)?;
    cursor.within(0x82, 0x84)?;
    cursor.literal(b"\0")?;
    let kind = cursor.u8()?;
    require(kind <= 0x4d || kind == 0xcc || kind == 0xce)?;
    if kind == 0xce {
        cursor.take(4)?;
    }
    cursor.literal(b"\x01")?;
    Ok((75, "Tarantool request"))
}

const EXAMPLES: &[Example] = &[

    server("greeting", b"Tarantool 2.11.0 (Binary) 7170b4af-c72f-4f07-8729-08fc678543a1\nQK2HoFZGXTXBq2vFj7soCsHqTo6PGTF575ssUBAJLAI=\n"),
    client("ping", b"\xce\0\0\0\x06\x82\0\x40\x01\x05\x80"),
];
