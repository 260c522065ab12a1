//! S7 communication of Siemens S7-300/400 and compatible controllers, in ISO transport over TCP; header as publicly described
//! (protocol id 0x32, message type, reference, sizes of parameters and data).

use crate::formats::iso_on_tcp::user_data;
use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// First byte of every message.
const PROTOCOL_ID: u8 = 0x32;
/// No negotiated size of a data unit is larger.
const MAX_PART: u16 = 4_096;

/// S7 communication.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "s7comm",
    name: "S7Comm",
    selector: 304,
    category: "industrial",
    risk: Some(60),
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
    cursor.byte(|kind| matches!(kind, 1..=3 | 7 | 8))?;
    cursor.u16()?;
    cursor.u16()?;
    let (parameters, data) = (cursor.u16()?, cursor.u16()?);
    require(parameters <= MAX_PART && data <= MAX_PART)?;
    cursor.matched(97, "S7 header in ISO transport")
}

const EXAMPLES: &[Example] = &[
    client("connection, then the setup of communication", b"\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x01\x00\xc1\x02\x01\x00\xc2\x02\x01\x02\xc0\x01\x0a\x03\x00\x00\x19\x02\xf0\x80\x32\x01\x00\x00\x04\x00\x00\x08\x00\x00\xf0\x00\x00\x01\x00\x01\x01\xe0"),
    server("setup acknowledged, in the middle of a connection", b"\x03\x00\x00\x1b\x02\xf0\x80\x32\x03\x00\x00\x04\x00\x00\x08\x00\x00\x00\x00\xf0\x00\x00\x01\x00\x01\x00\xf0"),
];
