//! Speedwire of SMA's inverters and meters over UDP (SMA, "Speedwire"): a name, then data in tagged pieces.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::Cursor;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Name, then the group's tag: four bytes, tag 42.
const START: &[u8] = b"SMA\0\x00\x04\x02\xa0";

/// Speedwire.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "speedwire",
    name: "SMA-Speedwire",
    selector: 382,
    category: "iot",
    transports: &[Transport::Udp],
    ports: &[9522],
    first_bytes: FirstBytes::Of(b"S"),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(START)?;
    cursor.matched(100, "Speedwire packet")
}

const EXAMPLES: &[Example] = &[
    query("discovery", b"SMA\0\x00\x04\x02\xa0\xff\xff\xff\xff\x00\x00\x00\x20\x00\x00\x00\x00"),
    reply("answer with an address", b"SMA\0\x00\x04\x02\xa0\x00\x00\x00\x01\x00\x02\x00\x00\x00\x01\x00\x04\x00\x10\x00\x01\x00\x03\x00\x04\x00\x20\x00\x00\x00\x01"),
];
