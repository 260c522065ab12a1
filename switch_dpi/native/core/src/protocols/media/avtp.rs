//! AVTP (IEEE 1722-2016): audio, video and control streams of time-sensitive networks in Ethernet frames.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::Cursor;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Sample, Transport};

const ETHERTYPE: u16 = 0x22f0;

/// AVTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "avtp",
    name: "AVTP",
    selector: 343,
    category: "streaming-protocol",
    transports: &[Transport::EtherType(ETHERTYPE)],
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    // subtypes of streams, of signed and ciphered data, of discovery and control (table 6)
    cursor.byte(|subtype| matches!(subtype, 0x00..=0x07 | 0x6e | 0x6f | 0x7f | 0x82 | 0xec..=0xef | 0xfa..=0xff))?;
    cursor.byte(|flags| flags & 0x70 == 0)?; // version 0
    cursor.matched(90, "AVTP header")
}

const EXAMPLES: &[Example] = &[
    sent(
        Transport::EtherType(ETHERTYPE),
        "audio, IEC 61883",
        b"\x00\x81\x07\x00\x00\x1b\x19\x00\x00\x01\x00\x00\x12\x34\x56\x78",
    ),
    sent(
        Transport::EtherType(ETHERTYPE),
        "an entity is available",
        b"\xfa\x00\x50\x38\x00\x1b\x19\xff\xfe\x00\x00\x01",
    ),
];
