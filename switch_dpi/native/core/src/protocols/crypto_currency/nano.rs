//! Peers of Nano (docs.nano.org, "Network protocol"): network, three versions, message type, extensions; the node id handshake comes first.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Nano.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "nano",
    name: "Nano",
    selector: 1735,
    category: "crypto-currency",
    transports: &[Transport::Tcp],
    ports: &[7075, 54000],
    first_bytes: FirstBytes::Of(b"R"),
    max_probe_size: 8,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[handshake];

fn handshake(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"R")?;
    cursor.one_of(b"ABCX")?;
    let [most, used, least] = cursor.array()?;
    require(least >= 0x10 && least <= used && used <= most && most < 0x40)?;
    cursor.literal(b"\x0a")?;
    let extensions = cursor.u16_le()?;
    require(matches!(extensions & 3, 1..=3) && extensions & 0xfff8 == 0)?;
    Ok((75, "Nano handshake"))
}

const EXAMPLES: &[Example] = &[
    client("question", b"RC\x13\x13\x12\x0a\x01\0QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ"),
    server("answer and question", b"RC\x14\x13\x12\x0a\x03\0RRRRRRRR"),
];
