//! HiSLIP (IVI-6.1), the protocol of instruments over TCP: message headers of 16 bytes.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::Cursor;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

const PROLOGUE: &[u8] = b"HS";
/// Last message type of version 2 (table 4); those of vendors begin at 128.
const MAX_TYPE: u8 = 37;
const FIRST_VENDOR_TYPE: u8 = 128;

/// HiSLIP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "hislip",
    name: "HiSLIP",
    selector: 344,
    category: "industrial",
    transports: &[Transport::Tcp],
    ports: &[4880],
    first_bytes: FirstBytes::Of(b"H"),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(PROLOGUE)?;
    cursor.byte(|kind| kind <= MAX_TYPE || kind >= FIRST_VENDOR_TYPE)?;
    cursor.u8()?; // control code
    cursor.u32()?; // parameter
    cursor.literal(&[0; 4])?; // upper half of the payload's size: no trace has gigabytes
    cursor.u32()?;
    cursor.matched(90, "HiSLIP header")
}

const EXAMPLES: &[Example] = &[
    client("initialize", b"HS\x00\x00\x01\x00XX\x00\x00\x00\x00\x00\x00\x00\x07hislip0"),
    server("initialize response", b"HS\x01\x00\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"),
    client("*IDN?", b"HS\x07\x01\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x06*IDN?\n"),
];
