//! PRP and HSR supervision frames (IEC 62439-3 §4.2.7.4, §5.7): nodes of a redundant network tell that they are there.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Sample, Transport};

const ETHERTYPE: u16 = 0x88fb;
/// The lower 12 bits are the version: 0 and 1 are known; the upper 4 tell the path.
const MAX_VERSION: u16 = 1;

/// PRP and HSR supervision.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "prp-hsr-supervision",
    name: "PRP-HSR",
    selector: 334,
    category: "industrial",
    transports: &[Transport::EtherType(ETHERTYPE)],
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    require(cursor.u16()? & 0x0fff <= MAX_VERSION)?;
    cursor.u16()?; // sequence number
    cursor.byte(|kind| matches!(kind, 20..=23 | 30))?;
    cursor.byte(|size| matches!(size, 6 | 12))?;
    cursor.matched(90, "supervision frame")
}

const EXAMPLES: &[Example] = &[
    sent(
        Transport::EtherType(ETHERTYPE),
        "PRP, duplicate discard",
        b"\x00\x01\x00\x2a\x14\x06\x02\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00",
    ),
    sent(
        Transport::EtherType(ETHERTYPE),
        "HSR",
        b"\x00\x01\x00\x2b\x17\x06\x02\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00",
    ),
];
