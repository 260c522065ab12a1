//! S7 communication "plus" of Siemens S7-1200/1500, in ISO transport over TCP; header as publicly described (protocol id 0x72,
//! version, size). Version 3 carries a digest, version 254 keeps the connection alive.

use crate::formats::iso_on_tcp::user_data;
use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// First byte of every message.
const PROTOCOL_ID: u8 = 0x72;
/// No message in one transport unit is larger.
const MAX_SIZE: u16 = 8_192;

/// S7 communication plus.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "s7comm-plus",
    name: "S7CommPlus",
    selector: 305,
    category: "industrial",
    transports: &[Transport::Tcp],
    ports: &[102],
    first_bytes: FirstBytes::Of(&[3]),
    max_probe_size: 512,
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let stream = Cursor::of(sample);
    let mut cursor = user_data(&stream)?;
    cursor.literal(&[PROTOCOL_ID])?;
    cursor.byte(|version| matches!(version, 1..=3 | 0xfe))?;
    let size = cursor.u16()?;
    require(size <= MAX_SIZE)?;
    cursor.matched(97, "S7 plus header in ISO transport")
}

const EXAMPLES: &[Example] = &[
    client("connection, then the creation of a session", b"\x03\x00\x00\x24\x1f\xe0\x00\x00\x00\x02\x00\xc1\x02\x06\x00\xc2\x10SIMATIC-ROOT-HMI\xc0\x01\x0a\x03\x00\x00\x1c\x02\xf0\x80\x72\x01\x00\x11\x31\x00\x00\x04\xca\x00\x00\x00\x01\x00\x00\x01\x20\x36\x00\x00\x00"),
    server("response, in the middle of a connection", b"\x03\x00\x00\x17\x02\xf0\x80\x72\x02\x00\x08\x32\x00\x00\x05\x42\x00\x00\x07\x72\x02\x00\x00"),
];
