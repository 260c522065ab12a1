//! Tuya's local protocol over TCP and UDP, versions 3.1 to 3.5, as publicly described: prefix, sequence number, command, size,
//! suffix. Payloads are encrypted.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, query, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Up to 3.4, and from 3.5 on.
const PREFIXES: [[u8; 4]; 2] = [[0, 0, 0x55, 0xaa], [0, 0, 0x66, 0x99]];
/// Commands have one byte.
const MAX_COMMAND: u32 = 0x80;
/// A report of a device's state fits.
const MAX_SIZE: u32 = 0x4000;

/// Tuya's local protocol.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tuya-lp",
    name: "TUYA_LP",
    selector: 350,
    category: "iot",
    risk: Some(40),
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[6666, 6667, 6668, 7000],
    first_bytes: FirstBytes::Of(&[0]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let start = cursor.rest().get(..4).unwrap_or(cursor.rest());
    require(PREFIXES.iter().any(|prefix| prefix.starts_with(start)))?;
    let prefix = cursor.array::<4>()?;
    if prefix == [0, 0, 0x66, 0x99] {
        cursor.u16()?; // reserved
    }
    cursor.u32()?; // sequence number
    let command = cursor.u32()?;
    require(command < MAX_COMMAND)?;
    let size = cursor.u32()?;
    require((4..MAX_SIZE).contains(&size))?;
    cursor.matched(98, "Tuya message header")
}

const EXAMPLES: &[Example] = &[
    query("announcement, version 3.3", b"\x00\x00\x55\xaa\x00\x00\x00\x00\x00\x00\x00\x13\x00\x00\x00\x1c\x00\x00\x00\x00\x8a\x1b\x2c\x3d\x4e\x5f\x60\x71\x82\x93\xa4\xb5\xc6\xd7\xe8\xf9\x12\x34\x56\x78\x00\x00\xaa\x55"),
    client("heartbeat", b"\x00\x00\x55\xaa\x00\x00\x00\x01\x00\x00\x00\x09\x00\x00\x00\x08\x01\x23\x45\x67\x00\x00\xaa\x55"),
    server("session key negotiation, version 3.5", b"\x00\x00\x66\x99\x00\x00\x00\x00\x00\x02\x00\x00\x00\x04\x00\x00\x00\x0c\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x00\x00\x99\x66"),
];
