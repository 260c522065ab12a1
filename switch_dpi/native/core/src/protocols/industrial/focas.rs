//! FOCAS of Fanuc's machine tool controllers over TCP, as publicly described: four times 0xA0, version, type, size.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

const START: &[u8] = &[0xa0; 4];
/// Versions met.
const MAX_VERSION: u16 = 8;

/// FOCAS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "focas",
    name: "FOCAS",
    selector: 384,
    category: "industrial",
    transports: &[Transport::Tcp],
    ports: &[8193],
    first_bytes: FirstBytes::Of(&[0xa0]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(START)?;
    require((1..=MAX_VERSION).contains(&cursor.u16()?))?;
    // opening, closing and reading: request and answer
    require(matches!(cursor.u16()?, 0x0101 | 0x0102 | 0x0201 | 0x0202 | 0x2101 | 0x2102))?;
    cursor.matched(90, "FOCAS header")
}

const EXAMPLES: &[Example] = &[
    client("opening", b"\xa0\xa0\xa0\xa0\x00\x01\x01\x01\x00\x02\x00\x02"),
    server("opened", b"\xa0\xa0\xa0\xa0\x00\x02\x01\x02\x00\x02\x00\x01"),
];
