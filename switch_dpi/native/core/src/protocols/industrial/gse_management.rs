//! GSE management (IEC 61850-8-1 §18.2): questions about the references and elements of GOOSE control blocks, in Ethernet frames.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{answered, sent};
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
    let mut cursor = Cursor::of(sample);
    cursor.u16()?;
    require(cursor.u16()? >= HEADER_SIZE)?;
    cursor.u32()?;
    cursor.matched(80, "EtherType 0x88B9 and its header")
}

const EXAMPLES: &[Example] = &[
    sent(
        Transport::EtherType(ETHERTYPE),
        "request",
        b"\x00\x01\x00\x11\x00\x00\x00\x00\x60\x07\x80\x01\x01\xa1\x02\xa1\x00",
    ),
    answered(
        Transport::EtherType(ETHERTYPE),
        "response",
        b"\x00\x01\x00\x11\x00\x00\x00\x00\x60\x07\x80\x01\x01\xa2\x02\xa1\x00",
    ),
];
