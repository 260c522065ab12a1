//! GSE management (IEC 61850-8-1 §18.2): questions about the references and elements of GOOSE control blocks, in Ethernet frames.

use crate::probing::fields::{Fields, Verdict, answer, answered, require, sent};
use crate::protocol::{Descriptor, Example, Sample, Transport};

const ETHERTYPE: u16 = 0x88b9;
/// APPID, length, two reserved words (annex C).
const HEADER_SIZE: u16 = 8;

/// GSE management.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "gse-management",
    name: "GSE",
    selector: 332,
    category: "industrial",
    transports: &[Transport::EtherType(ETHERTYPE)],
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut fields = Fields::of(sample);
    fields.u16()?;
    require(fields.u16()? >= HEADER_SIZE)?;
    fields.u32()?;
    fields.matched(80, "EtherType 0x88B9 and its header")
}

const EXAMPLES: &[Example] = &[
    sent("request", Transport::EtherType(ETHERTYPE), b"\x00\x01\x00\x11\x00\x00\x00\x00\x60\x07\x80\x01\x01\xa1\x02\xa1\x00"),
    answered("response", Transport::EtherType(ETHERTYPE), b"\x00\x01\x00\x11\x00\x00\x00\x00\x60\x07\x80\x01\x01\xa2\x02\xa1\x00"),
];
