//! Crimson 3 of Red Lion's panels over TCP, as publicly described: size, register, then a request for the maker or the model.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// The size does not count itself; nothing is larger than a page of the configuration.
const MAX_SIZE: u16 = 0x0400;
/// Registers lie here.
const REGISTERS: std::ops::RangeInclusive<u8> = 0x20..=0x2f;

/// Red Lion Crimson.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "crimson",
    name: "RedLion-Crimson",
    selector: 369,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[789],
    first_bytes: FirstBytes::Where(|byte| byte < 0x04),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let size = cursor.u16()?;
    require((4..MAX_SIZE).contains(&size))?;
    cursor.literal(&[0x01])?;
    cursor.byte(|register| REGISTERS.contains(&register))?;
    cursor.byte(|kind| matches!(kind, 0x1a | 0x1b))?;
    cursor.literal(&[0x00])?;
    require(cursor.rest().len() <= usize::from(size) - 4)?;
    cursor.take(usize::from(size) - 4)?;
    cursor.matched(60, "Crimson register")
}

const EXAMPLES: &[Example] = &[
    client("who made it", b"\x00\x04\x01\x2b\x1b\x00"),
    server("its maker", b"\x00\x15\x01\x2b\x1b\x00Red Lion Control\x00"),
];
