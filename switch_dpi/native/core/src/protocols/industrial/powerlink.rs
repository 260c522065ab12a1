//! Ethernet POWERLINK (EPSG DS 301 §4.6): cycles of a managing node and its controlled nodes in Ethernet frames.

use crate::probing::fields::{Fields, Verdict, answer, answered, sent};
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
    let mut fields = Fields::of(sample);
    // start of cycle, poll request and response, start of asynchronous, asynchronous, the two of redundancy
    fields.byte(|kind| matches!(kind & 0x7f, 0x01 | 0x03..=0x07 | 0x0d))?;
    fields.u8()?; // destination node
    fields.byte(|source| source != 0xff)?;
    fields.matched(90, "POWERLINK frame")
}

const EXAMPLES: &[Example] = &[
    sent("start of cycle", Transport::EtherType(ETHERTYPE), b"\x01\xff\xf0\x00\x80\x00\x00\x00\x00\x00\x00\x00"),
    sent("poll request to node 1", Transport::EtherType(ETHERTYPE), b"\x03\x01\xf0\x00\x01\x00\x20\x00\x04\x00\x01\x02"),
    answered("poll response of node 1", Transport::EtherType(ETHERTYPE), b"\x04\xff\x01\xfd\x01\x00\x20\x00\x04\x00\x01\x02"),
];
