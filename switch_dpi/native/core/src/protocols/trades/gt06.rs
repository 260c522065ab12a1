//! GT06, position reports of vehicles (Concox, "GPS tracker communication protocol"): the log-in with a terminal's number.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// GT06.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "gt06",
    name: "GT06",
    selector: 1756,
    category: "maps",
    transports: &[Transport::Tcp],
    ports: &[5023],
    first_bytes: FirstBytes::Of(b"x"),
    max_probe_size: 18,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[login, answer];

fn login(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"xx")?;
    let size = cursor.one_of(&[0x0d, 0x11])?;
    cursor.literal(b"\x01")?;
    let number: [u8; 8] = cursor.array()?;
    require(number.iter().all(|byte| byte >> 4 <= 9 && byte & 15 <= 9))?;
    cursor.take(usize::from(size) - 9)?;
    cursor.literal(b"\r\n")?;
    Ok((95, "GT06 log-in"))
}

fn answer(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"xx\x05\x01")?;
    cursor.take(4)?;
    cursor.literal(b"\r\n")?;
    Ok((85, "GT06 answer"))
}

const EXAMPLES: &[Example] = &[
    client("log-in", b"xx\x0d\x01\x01\x23\x45\x67\x89\x01\x23\x45\0\x01\x8c\xdd\r\n"),
    server("answer", b"xx\x05\x01\0\x01\xd9\xdc\r\n"),
];
