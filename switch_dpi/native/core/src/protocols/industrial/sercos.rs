//! SERCOS III (IEC 61158-4-19): master data and acknowledge telegrams in Ethernet frames.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::Cursor;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Sample, Transport};

const ETHERTYPE: u16 = 0x88cd;
/// Communication phases 0 to 4; the top bit says that it is changing.
const MAX_PHASE: u8 = 4;

/// SERCOS III.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sercos",
    name: "SERCOS-III",
    selector: 340,
    category: "industrial",
    transports: &[Transport::EtherType(ETHERTYPE)],
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.u8()?; // channel, master data or acknowledge, number
    cursor.byte(|phase| phase & 0x0f <= MAX_PHASE)?;
    cursor.u32()?; // check sequence
    cursor.matched(90, "SERCOS telegram")
}

const EXAMPLES: &[Example] = &[
    sent(
        Transport::EtherType(ETHERTYPE),
        "master data telegram 0 in phase 4",
        b"\x00\x04\x12\x34\x56\x78\x00\x00\x00\x00",
    ),
    answered(Transport::EtherType(ETHERTYPE), "acknowledge telegram 0", b"\x40\x04\x12\x34\x56\x78\x00\x00\x00\x00"),
];
