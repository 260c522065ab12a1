//! HSR (IEC 62439-3 §5): the tag that frames of a redundant ring carry in front of their EtherType.

use crate::probing::fields::{Fields, Verdict, answer, require, sent};
use crate::protocol::{Descriptor, Example, Sample, Transport};

const ETHERTYPE: u16 = 0x892f;
/// The tag counts itself, without its EtherType.
const MIN_SIZE: u16 = 6;

/// HSR.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "hsr",
    name: "HSR",
    selector: 335,
    category: "industrial",
    transports: &[Transport::EtherType(ETHERTYPE)],
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut fields = Fields::of(sample);
    require(fields.u16()? & 0x0fff >= MIN_SIZE)?;
    fields.u16()?; // sequence number
    fields.u16()?; // EtherType of what is carried
    fields.matched(90, "HSR tag")
}

const EXAMPLES: &[Example] = &[
    sent("ring A carries ARP", Transport::EtherType(ETHERTYPE), b"\x00\x34\x00\x01\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01"),
    sent("ring B carries IPv4", Transport::EtherType(ETHERTYPE), b"\x10\x34\x00\x01\x08\x00\x45\x00\x00\x2e"),
];
