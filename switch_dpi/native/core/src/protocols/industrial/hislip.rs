//! HiSLIP (IVI-6.1), the protocol of instruments over TCP: message headers of 16 bytes.

use crate::probing::fields::{Fields, Verdict, answer, answered, sent};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

const PROLOGUE: &[u8] = b"HS";
/// Last message type of version 2 (table 4); those of vendors begin at 128.
const MAX_TYPE: u8 = 37;
const FIRST_VENDOR_TYPE: u8 = 128;

/// HiSLIP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "hislip",
    name: "HiSLIP",
    selector: 344,
    category: "industrial",
    transports: &[Transport::Tcp],
    ports: &[4880],
    first_bytes: FirstBytes::Of(b"H"),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut fields = Fields::of(sample);
    fields.expect(PROLOGUE)?;
    fields.byte(|kind| kind <= MAX_TYPE || kind >= FIRST_VENDOR_TYPE)?;
    fields.u8()?; // control code
    fields.u32()?; // parameter
    fields.expect(&[0; 4])?; // upper half of the payload's size: no trace has gigabytes
    fields.u32()?;
    fields.matched(90, "HiSLIP header")
}

const EXAMPLES: &[Example] = &[
    sent("initialize", Transport::Tcp, b"HS\x00\x00\x01\x00XX\x00\x00\x00\x00\x00\x00\x00\x07hislip0"),
    answered("initialize response", Transport::Tcp, b"HS\x01\x00\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"),
    sent("*IDN?", Transport::Tcp, b"HS\x07\x01\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x06*IDN?\n"),
];
