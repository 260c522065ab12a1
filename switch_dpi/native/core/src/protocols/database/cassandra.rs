//! Apache Cassandra's CQL binary protocol, versions 1 to 5 (native_protocol_v1.spec to v5.spec): header of eight or nine
//! bytes, big-endian.

use crate::probing::cursor::{Checked, Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// A frame has at most 256 MB (§2.5).
const MAX_BODY_SIZE: u32 = 256 * 1024 * 1024;
/// Set in the version of what a server sends.
const RESPONSE_BIT: u8 = 0x80;
/// What a client says of itself (STARTUP).
const OPTIONS: &[&[u8]] = &[
    b"CQL_VERSION",
    b"COMPRESSION",
    b"DRIVER_NAME",
    b"DRIVER_VERSION",
    b"NO_COMPACT",
    b"THROW_ON_OVERLOAD",
    b"CLIENT_ID",
    b"APPLICATION_NAME",
    b"APPLICATION_VERSION",
];
/// Events that clients register for.
const EVENTS: &[&[u8]] = &[b"TOPOLOGY_CHANGE", b"STATUS_CHANGE", b"SCHEMA_CHANGE"];
/// Java classes that servers authenticate with.
const AUTHENTICATORS: &[&[u8]] = &[b"org.apache.cassandra.", b"com."];

/// Cassandra and its kin.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "cassandra",
    name: "Cassandra",
    selector: 508,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[9042, 9142],
    first_bytes: FirstBytes::Where(|byte| matches!(byte & !RESPONSE_BIT, 1..=5)),
    max_probe_size: 128,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[frame];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn frame(cursor: &mut Cursor<'_>) -> Recognised {
    let version = cursor.u8()?;
    require(matches!(version & !RESPONSE_BIT, 1..=5))?;
    let is_response = version & RESPONSE_BIT != 0;
    let is_wide = version & !RESPONSE_BIT >= 3;
    cursor.within(0, if is_wide { 0x1f } else { 0x03 })?; // versions 1 and 2 know compression and tracing
    let stream = if is_wide { cursor.u16()? } else { u16::from(cursor.u8()?) << 8 };
    require(is_response || stream < 0x8000)?;
    let opcode = cursor.within(0, 0x10)?;
    require(matches!(opcode, 0x00 | 0x02 | 0x03 | 0x06 | 0x08 | 0x0c | 0x0e | 0x10) == is_response)?;
    let size = cursor.u32()?;
    require(size <= MAX_BODY_SIZE)?;
    if is_response { response(cursor, opcode, size) } else { request(cursor, opcode, size) }
}

/// The first fields of what clients send (§4.1).
fn request(cursor: &mut Cursor<'_>, opcode: u8, size: u32) -> Recognised {
    match opcode {
        0x01 => {
            require(size >= 22)?;
            require((1..=16).contains(&cursor.u16()?))?;
            name(cursor, OPTIONS)?;
            Ok((100, "CQL STARTUP"))
        }
        0x05 => require(size == 0).map(|()| (90, "CQL OPTIONS")),
        0x07 | 0x09 => {
            let text = cursor.u32()?;
            require((4..=size - size.min(4)).contains(&text))?;
            cursor.text(4)?;
            Ok((85, "CQL query"))
        }
        0x0a => {
            require(cursor.u16()? == 16 && size > 18)?; // an MD5 of the statement
            Ok((65, "CQL EXECUTE"))
        }
        0x0b => {
            require((1..=8).contains(&cursor.u16()?))?;
            name(cursor, EVENTS)?;
            Ok((100, "CQL REGISTER"))
        }
        0x0d => {
            cursor.within(0, 2)?;
            require((1..=0xfff).contains(&cursor.u16()?))?;
            cursor.within(0, 1)?;
            require(size <= 0xff_ffff)?;
            Ok((65, "CQL BATCH"))
        }
        _ => token(cursor, size),
    }
}

/// The first fields of what servers send (§4.2).
fn response(cursor: &mut Cursor<'_>, opcode: u8, size: u32) -> Recognised {
    match opcode {
        0x00 => {
            require(cursor.u32()? <= 0x2500)?;
            let text = u32::from(cursor.u16()?);
            require(text + 6 <= size)?;
            cursor.text(usize::try_from(text.min(16)).unwrap_or_default())?;
            Ok((80, "CQL ERROR"))
        }
        0x02 => require(size == 0).map(|()| (85, "CQL READY")),
        0x03 => name(cursor, AUTHENTICATORS).map(|()| (100, "CQL AUTHENTICATE")),
        0x06 => {
            require((1..=64).contains(&cursor.u16()?))?;
            let key = usize::from(cursor.u16()?);
            require((3..64).contains(&key))?;
            cursor.all(key, |byte| byte.is_ascii_uppercase() || byte == b'_')?;
            Ok((95, "CQL SUPPORTED"))
        }
        0x08 => {
            require((4..=0xff_ffff).contains(&size))?;
            require((1..=5).contains(&cursor.u32()?))?;
            Ok((80, "CQL RESULT"))
        }
        0x0c => name(cursor, EVENTS).map(|()| (100, "CQL EVENT")),
        _ => token(cursor, size),
    }
}

/// A token of authentication behind its size; −1 stands for none.
fn token(cursor: &mut Cursor<'_>, size: u32) -> Recognised {
    let token = cursor.u32()?;
    require(token == u32::MAX || token.checked_add(4) == Some(size))?;
    Ok((80, "CQL authentication"))
}

/// A string behind its size that begins with one of these.
fn name(cursor: &mut Cursor<'_>, names: &[&[u8]]) -> Checked<()> {
    require((3..256).contains(&cursor.u16()?))?;
    cursor.any_literal(names).map(|_| ())
}

const EXAMPLES: &[Example] = &[
    client("options", b"\x04\0\0\0\x05\0\0\0\0"),
    client("start-up of version 4", b"\x04\0\0\x01\x01\0\0\0\x16\0\x01\0\x0bCQL_VERSION\0\x053.0.0"),
    client("start-up of version 2", b"\x02\0\x01\x01\0\0\0\x16\0\x01\0\x0bCQL_VERSION\0\x053.0.0"),
    client("query", b"\x04\0\0\x02\x07\0\0\0\x1f\0\0\0\x18SELECT * FROM system.loc\0\x01\0"),
    client("registration", b"\x04\0\0\x03\x0b\0\0\0\x13\0\x01\0\x0fTOPOLOGY_CHANGE"),
    client("log-in", b"\x04\0\0\x01\x0f\0\0\0\x0a\0\0\0\x06\0u\0pwd"),
    server("event", b"\x84\0\xff\xff\x0c\0\0\0\x24\0\x0fTOPOLOGY_CHANGE\0\x08NEW_NODE\x04\x0a\0\0\x01\0\0\x23\x52"),
    server("supported", b"\x84\0\0\0\x06\0\0\0\x19\0\x01\0\x0bCQL_VERSION\0\x01\0\x053.4.5"),
    server("ready", b"\x83\0\0\x01\x02\0\0\0\0"),
    server("authenticator", b"\x84\0\0\x01\x03\0\0\0\x31\0\x2forg.apache.cassandra.auth.PasswordAuthenticator"),
];
