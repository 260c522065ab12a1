//! MySQL's X protocol (MySQL internals, "X Protocol"): a size in four bytes, little-endian, a type, and a Protocol Buffers message.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};

/// MySQL X.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mysqlx",
    name: "MySQL X",
    selector: 502,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[33060],
    max_probe_size: 32,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[hello, capabilities_set, authenticate, capabilities_get];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// The server's first message since 8.0.16: Notice.Frame, type ServerHello, global scope, no payload.
fn hello(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x05\0\0\0\x0b\x08\x05\x1a\0")?;
    Ok((100, "MySQL X hello"))
}

/// CapabilitiesSet: one field that holds capabilities, each a field that begins with its name.
fn capabilities_set(cursor: &mut Cursor<'_>) -> Recognised {
    let size = cursor.u16_le()?;
    cursor.literal(b"\0\0\x02\x0a")?;
    let outer = cursor.u8()?;
    cursor.literal(b"\x0a")?;
    cursor.u8()?;
    cursor.literal(b"\x0a")?;
    let name = usize::from(cursor.u8()?);
    require(size >= 8 && outer > 2 && (3..64).contains(&name))?;
    cursor.all(name, |byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'.'))?;
    Ok((90, "MySQL X capabilities"))
}

/// AuthenticateStart: its first field names the mechanism.
fn authenticate(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.u16_le()?;
    cursor.literal(b"\0\0\x04\x0a")?;
    let name = cursor.one_of(&[5, 7, 13])?;
    cursor.any_literal(match name {
        5 => &[b"PLAIN"],
        7 => &[b"MYSQL41"],
        _ => &[b"SHA256_MEMORY"],
    })?;
    Ok((100, "MySQL X authentication"))
}

/// CapabilitiesGet has no body; it is common to many framings, so it needs the port or an answer of this protocol.
fn capabilities_get(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x01\0\0\0\x01")?;
    let is_greeted = hello(&mut cursor.of_peer()).is_ok();
    match (is_greeted, cursor.sample.is_at_port(&[33060])) {
        (true, _) => Ok((95, "MySQL X capabilities request")),
        (_, true) => Ok((55, "MySQL X capabilities request")),
        _ => Err(Probe::NeedMore),
    }
}

const EXAMPLES: &[Example] = &[
    server("hello", b"\x05\0\0\0\x0b\x08\x05\x1a\0"),
    client("TLS wanted", b"\x12\0\0\0\x02\x0a\x0f\x0a\x0d\x0a\x03tls\x12\x06\x08\x01\x12\x02\x08\x07\x01"),
    client("authentication", b"\x0a\0\0\0\x04\x0a\x07MYSQL41"),
];
