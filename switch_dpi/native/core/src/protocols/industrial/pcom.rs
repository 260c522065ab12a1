//! PCOM of Unitronics controllers over TCP (Unitronics, "Communication with the Vision PLC"): a header, then text or binary.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, Sample, Transport};

/// "Protocol mode" of the header.
const TEXT: u8 = 101;
const BINARY: u8 = 102;
/// How a binary message begins.
const BINARY_START: &[u8] = b"/_OPLC";
/// A message holds at most 500 bytes of data.
const MAX_SIZE: u16 = 1_024;

/// PCOM.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "pcom",
    name: "PCOM",
    selector: 324,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[20_256],
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.u16()?; // transaction
    let mode = cursor.byte(|mode| matches!(mode, TEXT | BINARY))?;
    cursor.literal(&[0])?;
    let size = cursor.u16_le()?;
    require((6..=MAX_SIZE).contains(&size))?;
    if mode == BINARY {
        cursor.literal(BINARY_START)?;
        return cursor.matched(100, "binary PCOM message");
    }
    cursor.literal(b"/")?;
    let mut unit = cursor.byte(|byte| byte == b'A' || byte.is_ascii_hexdigit())?;
    if unit == b'A' {
        unit = cursor.byte(|byte| byte.is_ascii_hexdigit())?; // an answer has one more letter
    }
    require(unit.is_ascii_hexdigit())?;
    cursor.byte(|byte| byte.is_ascii_hexdigit())?;
    cursor.byte(|command| command.is_ascii_uppercase())?;
    cursor.byte(|command| command.is_ascii_alphanumeric())?;
    cursor.matched(80, "PCOM message in text")
}

const EXAMPLES: &[Example] = &[
    client("identification", b"\x01\x02\x65\x00\x08\x00/01IDED\r"),
    server("identified", b"\x01\x02\x65\x00\x0e\x00/A01IDV12G 0A2\r"),
    client("name of the controller, binary", b"\x03\x04\x66\x00\x1b\x00/_OPLC\x00\xfe\x01\x01\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\xf1\xfc\x00\x00\x5c"),
];
