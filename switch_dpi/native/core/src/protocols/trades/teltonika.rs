//! Teltonika's position reports ("Teltonika data sending protocols"): the fifteen digits of the device behind their size.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Teltonika.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "teltonika-avl",
    name: "Teltonika",
    selector: 1757,
    category: "maps",
    transports: &[Transport::Tcp],
    ports: &[5027],
    first_bytes: FirstBytes::Of(b"\0"),
    max_probe_size: 17,
    probe: |sample| any_form(sample, FORMS),
    app: "teltonika",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[number];

fn number(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0\x0f")?;
    cursor.all(15, |byte| byte.is_ascii_digit())?;
    Ok((95, "IMEI behind its size"))
}

const EXAMPLES: &[Example] =
    &[client("a device", b"\0\x0f356307042441013"), client("another", b"\0\x0f352093081452251\0\0\0\0")];
