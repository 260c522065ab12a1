//! CC-Link IE (CLPA, "CC-Link IE Field Network Specifications"): frames of controllers and field stations in Ethernet.

use crate::probing::fields::{answer, require, sent};
use crate::probing::fields::{Fields, Verdict};
use crate::protocol::{Descriptor, Example, Sample, Transport};

const ETHERTYPE: u16 = 0x890f;
/// Frame type, data type, node addresses: no frame is smaller.
const MIN_SIZE: usize = 8;

/// CC-Link IE.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "cc-link-ie",
    name: "CC-Link-IE",
    selector: 341,
    category: "industrial",
    transports: &[Transport::EtherType(ETHERTYPE)],
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    require(sample.data.len() >= MIN_SIZE)?;
    let mut fields = Fields::of(sample);
    fields.take(MIN_SIZE)?;
    fields.matched(80, "EtherType 0x890F")
}

const EXAMPLES: &[Example] = &[
    sent("token", Transport::EtherType(ETHERTYPE), b"\x30\x00\x01\x00\x00\x00\x02\x00\x00\x00"),
    sent("cyclic data", Transport::EtherType(ETHERTYPE), b"\x82\x00\x01\x00\x00\x00\x02\x00\x12\x34"),
];
