//! CC-Link IE (CLPA, "CC-Link IE Field Network Specifications"): frames of controllers and field stations in Ethernet.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::sent;
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
    let mut cursor = Cursor::of(sample);
    cursor.take(MIN_SIZE)?;
    cursor.matched(80, "EtherType 0x890F")
}

const EXAMPLES: &[Example] = &[
    sent(Transport::EtherType(ETHERTYPE), "token", b"\x30\x00\x01\x00\x00\x00\x02\x00\x00\x00"),
    sent(Transport::EtherType(ETHERTYPE), "cyclic data", b"\x82\x00\x01\x00\x00\x00\x02\x00\x12\x34"),
];
