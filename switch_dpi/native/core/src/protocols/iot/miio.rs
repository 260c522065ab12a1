//! miIO, how Xiaomi's devices are talked to at home over UDP, as publicly described: header of 32 bytes, encrypted payload.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

const MAGIC: &[u8] = &[0x21, 0x31];
const HEADER_SIZE: usize = 32;
/// Payloads are encrypted in blocks.
const BLOCK_SIZE: usize = 16;

/// miIO.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "miio",
    name: "miIO",
    selector: 377,
    category: "iot",
    tags: &["encrypted"],
    transports: &[Transport::Udp],
    ports: &[54_321],
    first_bytes: FirstBytes::Of(&[0x21]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(MAGIC)?;
    let size = usize::from(cursor.u16()?);
    require(size == sample.data.len() && size >= HEADER_SIZE && size.is_multiple_of(BLOCK_SIZE))?;
    let head = cursor.u32()?;
    if head == u32::MAX {
        require(size == HEADER_SIZE && cursor.rest().iter().all(|byte| *byte == 0xff))?;
        return cursor.matched(100, "miIO hello");
    }
    require(head == 0)?;
    cursor.matched(95, "miIO header")
}

const EXAMPLES: &[Example] = &[
    query("a command", b"\x21\x31\x00\x30\x00\x00\x00\x00\x03\xc4\xd2\x8a\x00\x00\x12\x35\x5a\x1c\x8e\x07\x92\x44\xb1\x3d\x6f\x20\xe8\x95\x0b\x7a\xc3\x18\x91\x5e\x22\xd7\x48\x0f\xa6\x3b\x74\x19\xcc\x80\x2d\xf1\x56\xe3"),
    reply("the device's id and time", b"\x21\x31\x00\x20\x00\x00\x00\x00\x03\xc4\xd2\x8a\x00\x00\x12\x34\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Probe;

    #[test]
    fn a_hello_is_all_ones_behind_its_size() {
        let mut hello = [0xff; HEADER_SIZE];
        hello[..4].copy_from_slice(b"\x21\x31\x00\x20");
        let judged = |data: &[u8]| (DESCRIPTOR.probe)(&Sample { data, transport: Transport::Udp, ..Sample::EMPTY });
        assert!(matches!(judged(&hello), Probe::Match(evidence) if evidence.confidence == 100));
        hello[31] = 0;
        assert_eq!(judged(&hello), Probe::No);
    }
}
