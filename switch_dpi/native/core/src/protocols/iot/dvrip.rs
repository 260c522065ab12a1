//! DVRIP, also Sofia or XMeye: recorders and cameras, as publicly described; a header of twenty bytes, little-endian, then JSON.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// DVRIP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dvrip",
    name: "DVRIP",
    selector: 1725,
    category: "iot",
    risk: Some(80),
    transports: &[Transport::Tcp],
    ports: &[34567],
    first_bytes: FirstBytes::Of(b"\xff"),
    max_probe_size: 32,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\xff")?;
    cursor.within(0, 1)?;
    cursor.zeros(2)?;
    cursor.array::<8>()?; // session and sequence
    cursor.array::<2>()?; // parts
    let message = cursor.u16_le()?;
    let size = cursor.u32_le()?;
    require((1000..=2200).contains(&message) && (2..0x1_0000).contains(&size))?;
    cursor.literal(b"{")?;
    Ok((95, "DVRIP message"))
}

const EXAMPLES: &[Example] = &[
    client("log-in", b"\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\xe8\x03\x18\0\0\0{ \"EncryptType\":\"MD5\"}\x0a\0"),
    server("answer", b"\xff\x01\0\0\x1a\0\0\0\0\0\0\0\0\0\xe9\x03\x0e\0\0\0{ \"Ret\" : 100}"),
];
