//! Automatic tank gauges (Veeder-Root TLS, "Serial Interface Manual" 576013-635) over TCP: SOH, function and tank in text.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::Cursor;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Start of header.
const START: &[u8] = &[1];
/// Function and tank.
const DIGITS: usize = 5;

/// Automatic tank gauge.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "atg",
    name: "ATG",
    selector: 373,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[10_001],
    first_bytes: FirstBytes::Of(START),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(START)?;
    if matches!(sample.data.get(1), Some(b'\r' | b'\n')) {
        cursor.literal(b"\r\n")?; // an answer that is meant for people
    }
    cursor.byte(|kind| matches!(kind, b'I' | b'S' | b'i' | b's'))?;
    cursor.byte(|digit| digit.is_ascii_alphanumeric())?;
    for _ in 1..DIGITS {
        cursor.byte(|digit| digit.is_ascii_hexdigit())?;
    }
    cursor.matched(75, "function of a tank gauge")
}

const EXAMPLES: &[Example] = &[
    client("inventory of all tanks", b"\x01I20100\n"),
    server("the inventory", b"\x01\r\nI20100\r\nJAN 22, 2024  3:06 PM\r\n\r\nSTATION 7\r\n\r\nIN-TANK INVENTORY\r\n"),
];
