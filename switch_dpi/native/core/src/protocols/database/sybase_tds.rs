//! Sybase's databases: TDS 5.0 (TDS 5.0 Functional Specification). The login record names the version.

use crate::formats::tds::{HEADER_SIZE, LOGIN, RESPONSE, header, old_login_version};
use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// A client's further requests (TDS_BUF_NORMAL).
const NORMAL: u8 = 0x0f;

/// Sybase.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sybase-tds",
    name: "Sybase TDS",
    selector: 515,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[5000, 4100],
    first_bytes: FirstBytes::Of(&[LOGIN, RESPONSE, NORMAL]),
    max_probe_size: 640,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[login, acknowledged, request];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn login(cursor: &mut Cursor<'_>) -> Recognised {
    require(old_login_version(cursor)? == 5)?;
    Ok((95, "TDS 5 login"))
}

/// TDS_LOGINACK: size, status 5 to 7, version 5.0.0.0.
fn acknowledged(cursor: &mut Cursor<'_>) -> Recognised {
    let header = header(cursor, &[RESPONSE])?;
    cursor.literal(b"\xad")?;
    require(HEADER_SIZE + 3 + usize::from(cursor.u16_le()?) <= header.size)?;
    cursor.within(5, 7)?;
    cursor.literal(b"\x05\0\0\0")?;
    Ok((95, "TDS 5 login acknowledged"))
}

/// TDS_LANGUAGE: size in four bytes, status, text.
fn request(cursor: &mut Cursor<'_>) -> Recognised {
    let header = header(cursor, &[NORMAL])?;
    cursor.literal(b"\x21")?;
    let size = usize::try_from(cursor.u32_le()?).unwrap_or(usize::MAX);
    require(size > 4 && HEADER_SIZE + 5 + size.min(0x1_0000) <= header.size.max(512))?;
    cursor.within(0, 3)?;
    cursor.text(4)?;
    Ok((85, "TDS 5 command"))
}

const EXAMPLES: &[Example] = &[
    client("login", b"\x02\0\x02\0\0\0\0\0host\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04sa\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02pw\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x021234\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0prog\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    server("login acknowledged", b"\x04\x01\0\x18\0\0\0\0\xad\x0d\0\x05\x05\0\0\0\x03sql\x0f\0\0\0"),
    client("command", b"\x0f\x01\0\x16\0\0\0\0\x21\x09\0\0\0\0select 1"),
];
