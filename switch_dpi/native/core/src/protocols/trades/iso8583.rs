//! ISO 8583, messages of card payments in text form: size in two bytes, big-endian, message type of four digits, bitmap of sixteen
//! hexadecimal digits.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// ISO 8583.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "iso8583",
    name: "ISO 8583",
    selector: 1743,
    category: "finance",
    risk: Some(20),
    transports: &[Transport::Tcp],
    first_bytes: FirstBytes::Where(|byte| byte < 8),
    max_probe_size: 24,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    require((20..2048).contains(&cursor.u16()?))?;
    cursor.within(b'0', b'2')?; // version
    cursor.within(b'1', b'8')?; // class
    cursor.within(b'0', b'4')?; // function
    cursor.within(b'0', b'5')?; // origin
    let bitmap = cursor.all(16, |byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte))?;
    require(bitmap.iter().any(|digit| *digit != b'0'))?;
    Ok((85, "message type and bitmap"))
}

const EXAMPLES: &[Example] = &[
    client("network management", b"\0\x3a0800822000000000000004000000000000000417123456000001301"),
    server("answer", b"\0\x3c081082200000020000000400000000000000041712345600000100301"),
];
