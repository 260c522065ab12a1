//! NDMP, control of backups (SNIA, NDMP versions 2 to 4): XDR behind a record mark, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Seconds since 1970 at the start of 1995 and of 2055: a message tells when it was sent.
const TIMES: std::ops::Range<u32> = 788_918_400..2_682_288_000;

/// NDMP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ndmp",
    name: "NDMP",
    selector: 583,
    category: "file-transfer",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[10000],
    first_bytes: FirstBytes::Of(&[0x80]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Sequence, time, request or reply, message, sequence that is answered, error.
fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x80\0")?;
    require(cursor.u16()? >= 24)?;
    require((1..0x1_0000).contains(&cursor.u32()?))?;
    let time = cursor.u32()?;
    require(time == 0 || TIMES.contains(&time))?;
    let is_reply = cursor.u32()?;
    require(is_reply <= 1)?;
    let code = cursor.u32()?;
    require(matches!(code >> 8, 1..=9) && code & 0xff <= 0x20)?;
    let answered = cursor.u32()?;
    require(answered < 0x1_0000 && (is_reply == 1 || answered == 0))?;
    require(cursor.u32()? <= 0x30)?;
    Ok((95, "NDMP message"))
}

const EXAMPLES: &[Example] = &[
    server(
        "connected",
        b"\x80\0\0\x24\0\0\0\x01\x5f\x00\x12\x34\0\0\0\0\0\0\x05\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\0",
    ),
    client("open", b"\x80\0\0\x1c\0\0\0\x01\x5f\x00\x12\x34\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\0\0\0\0\0\x04"),
];
