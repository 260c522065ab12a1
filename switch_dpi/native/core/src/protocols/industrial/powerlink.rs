//! Ethernet POWERLINK (EPSG DS 301 §4.6): cycles of a managing node and its controlled nodes in Ethernet frames.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::Cursor;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Sample, Transport};

const ETHERTYPE: u16 = 0x88ab;

/// Ethernet POWERLINK.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "powerlink",
    name: "POWERLINK",
    selector: 339,
    category: "industrial",
    transports: &[Transport::EtherType(ETHERTYPE)],
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    // start of cycle, poll request and response, start of asynchronous, asynchronous, the two of redundancy
    cursor.byte(|kind| matches!(kind & 0x7f, 0x01 | 0x03..=0x07 | 0x0d))?;
    cursor.u8()?; // destination node
    cursor.byte(|source| source != 0xff)?;
    cursor.matched(90, "POWERLINK frame")
}

const EXAMPLES: &[Example] = &[
    sent(Transport::EtherType(ETHERTYPE), "start of cycle", b"\x01\xff\xf0\x00\x80\x00\x00\x00\x00\x00\x00\x00"),
    sent(
        Transport::EtherType(ETHERTYPE),
        "poll request to node 1",
        b"\x03\x01\xf0\x00\x01\x00\x20\x00\x04\x00\x01\x02",
    ),
    answered(
        Transport::EtherType(ETHERTYPE),
        "poll response of node 1",
        b"\x04\xff\x01\xfd\x01\x00\x20\x00\x04\x00\x01\x02",
    ),
];
