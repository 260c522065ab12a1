//! MRP, media redundancy of rings (IEC 62439-2 §8): test, topology and link frames.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::Cursor;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Sample, Transport};

const ETHERTYPE: u16 = 0x88e3;
const VERSION: &[u8] = &[0, 1];

/// Media redundancy protocol.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mrp-ring",
    name: "MRP-IEC62439",
    selector: 342,
    category: "network",
    transports: &[Transport::EtherType(ETHERTYPE)],
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(VERSION)?;
    cursor.byte(|kind| (1..=8).contains(&kind) || kind == 0x7f)?;
    cursor.u8()?; // size of the block
    cursor.matched(95, "MRP frame")
}

const EXAMPLES: &[Example] = &[
    sent(
        Transport::EtherType(ETHERTYPE),
        "test",
        b"\x00\x01\x02\x12\x80\x00\x00\x1b\x19\x00\x00\x01\x00\x01\x00\x00\x00\x00\x12\x34\x56\x78\x01\x0e\x00\x01",
    ),
    sent(
        Transport::EtherType(ETHERTYPE),
        "link down",
        b"\x00\x01\x04\x0c\x00\x1b\x19\x00\x00\x02\x00\x01\x00\x14\x00\x01\x00\x00",
    ),
];
