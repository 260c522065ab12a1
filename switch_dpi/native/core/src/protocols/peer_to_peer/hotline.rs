//! Hotline (its "Network Protocol Specification", 1.9): greeting of sessions and of file transfers.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Hotline.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "hotline-session",
    name: "Hotline",
    selector: 1733,
    category: "peer-to-peer",
    transports: &[Transport::Tcp],
    ports: &[5500, 5501],
    first_bytes: FirstBytes::Of(b"TH"),
    max_probe_size: 12,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[client_greeting, server_greeting, transfer];

fn client_greeting(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"TRTPHOTL\0\x01")?;
    Ok((100, "Hotline greeting"))
}

fn server_greeting(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"TRTP\0\0\0")?;
    cursor.within(0, 1)?;
    Ok((90, "Hotline answer"))
}

fn transfer(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"HTXF")?;
    cursor.u64()?; // reference and size
    cursor.zeros(4)?;
    Ok((90, "Hotline transfer"))
}

const EXAMPLES: &[Example] = &[
    client("greeting", b"TRTPHOTL\0\x01\0\x02"),
    server("answer", b"TRTP\0\0\0\0"),
    client("transfer", b"HTXF\0\0\x12\x34\0\0\x10\0\0\0\0\0"),
];
