//! MonetDB (its documentation, "MAPI"): blocks behind their size, little-endian; the server begins with a challenge.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// MonetDB.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "monetdb",
    name: "MonetDB",
    selector: 1731,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[50000],
    first_bytes: FirstBytes::Where(|byte| byte & 1 == 1),
    max_probe_size: 96,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[challenge, answer];

fn challenge(cursor: &mut Cursor<'_>) -> Recognised {
    let header = cursor.u16_le()?;
    require(header & 1 == 1 && (20..512).contains(&(header >> 1)))?;
    let salt = cursor.text_until(b':', 32)?;
    require(salt.len() >= 4 && salt.iter().all(u8::is_ascii_alphanumeric))?;
    cursor.any_literal(&[b"mserver:9:", b"merovingian:9:", b"mserver:8:", b"merovingian:8:"])?;
    Ok((100, "MAPI challenge"))
}

fn answer(cursor: &mut Cursor<'_>) -> Recognised {
    let header = cursor.u16_le()?;
    require(header & 1 == 1 && (20..1024).contains(&(header >> 1)))?;
    cursor.any_literal(&[b"LIT:", b"BIG:"])?;
    cursor.text_until(b':', 48)?;
    cursor.literal(b"{")?;
    let hash = cursor.text_until(b'}', 12)?;
    require(hash.iter().all(u8::is_ascii_alphanumeric) && !hash.is_empty())?;
    Ok((95, "MAPI answer"))
}

const EXAMPLES: &[Example] = &[
    server("challenge", b"\x65\0wPM3xIgJ4t:mserver:9:RIPEMD160,SHA512:LIT:SHA512:"),
    client("answer", b"\x59\0LIT:monetdb:{SHA1}aabbccddeeff00112233445566778899:sql:demo:"),
];
