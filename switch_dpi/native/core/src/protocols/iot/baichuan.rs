//! Baichuan, the protocol of Reolink's cameras, as publicly described: mark, message, size, then channel and status, little-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Baichuan.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "reolink-baichuan",
    name: "Baichuan",
    selector: 1765,
    category: "iot",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[9000],
    first_bytes: FirstBytes::Of(b"\xf0"),
    max_probe_size: 24,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\xf0\xde\xbc\x0a")?;
    require((1..2000).contains(&cursor.u32_le()?))?;
    require(cursor.u32_le()? < 1 << 24)?;
    Ok((100, "Baichuan header"))
}

const EXAMPLES: &[Example] = &[
    client("log-in", b"\xf0\xde\xbc\x0a\x01\0\0\0\x2c\x07\0\0\0\0\0\x01\x01\xdc\x14\x65"),
    server("answer", b"\xf0\xde\xbc\x0a\x01\0\0\0\x91\0\0\0\0\0\0\x01\x01\xdd\x14\x66"),
];
