//! KiNET, lights of Color Kinetics, as publicly described: mark, version, type, sequence, little-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, query};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// KiNET.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "kinet",
    name: "KiNET",
    selector: 1753,
    category: "industrial",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[6038],
    first_bytes: FirstBytes::Of(b"\x04"),
    max_probe_size: 12,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x04\x01\xdc\x4a")?;
    let (version, kind) = (cursor.u16_le()?, cursor.u16_le()?);
    require(matches!(version, 1 | 2) && (1..=0x0300).contains(&kind))?;
    Ok((100, "KiNET header"))
}

const EXAMPLES: &[Example] = &[
    query("search", b"\x04\x01\xdc\x4a\x01\0\x01\0\0\0\0\0\x0a\x01\xa8\xc0"),
    query("colours", b"\x04\x01\xdc\x4a\x01\0\x01\x01\0\0\0\0\0\0\0\0"),
    client("over TCP", b"\x04\x01\xdc\x4a\x01\0\x03\0\0\0\0\0"),
];
