//! FOCAS of Fanuc's machine tool controllers over TCP, as publicly described: four times 0xA0, version, type, size.

use crate::probing::fields::{Fields, Verdict, answer, answered, require, sent};
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
    let mut fields = Fields::of(sample);
    fields.expect(START)?;
    require((1..=MAX_VERSION).contains(&fields.u16()?))?;
    // opening, closing and reading: request and answer
    require(matches!(fields.u16()?, 0x0101 | 0x0102 | 0x0201 | 0x0202 | 0x2101 | 0x2102))?;
    fields.matched(90, "FOCAS header")
}

const EXAMPLES: &[Example] = &[
    sent("opening", Transport::Tcp, b"\xa0\xa0\xa0\xa0\x00\x01\x01\x01\x00\x02\x00\x02"),
    answered("opened", Transport::Tcp, b"\xa0\xa0\xa0\xa0\x00\x02\x01\x02\x00\x02\x00\x01"),
];
