//! CODESYS controllers' communication over TCP, as publicly described: version 2 (magic 0xBBBB) and the block driver of
//! version 3 (magic 0x000117E8, little-endian).

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Version 3: magic, then the size of the block with this header, then a datagram, which begins with 0xC5 or its like.
const BLOCK: &[u8] = &[0xe8, 0x17, 0x01, 0x00];
const DATAGRAM: u8 = 0xc5;
const BLOCK_HEADER_SIZE: u32 = 8;
/// A datagram has at most 512 bytes.
const MAX_BLOCK_SIZE: u32 = 1_024;
const VERSION_2: &[u8] = &[0xbb, 0xbb];
/// Version 2 sends telegrams of a few kilobytes.
const MAX_LENGTH: u32 = 0x4000;

/// CODESYS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "codesys-gateway",
    app: "codesys",
    name: "CODESYS",
    selector: 323,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[1200, 2455, 11_740],
    first_bytes: FirstBytes::Of(&[0xe8, 0xbb]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    if sample.data.first() == VERSION_2.first() {
        cursor.literal(VERSION_2)?;
        let size = cursor.array::<4>()?;
        let length = u32::from_le_bytes(size).min(u32::from_be_bytes(size));
        require((1..MAX_LENGTH).contains(&length))?;
        cursor.byte(|service| service != 0)?;
        return cursor.matched(65, "CODESYS 2 telegram");
    }
    cursor.literal(BLOCK)?;
    let size = cursor.u32_le()?;
    require((BLOCK_HEADER_SIZE + 1..=MAX_BLOCK_SIZE).contains(&size))?;
    cursor.literal(&[DATAGRAM])?;
    cursor.matched(97, "CODESYS 3 block")
}

const EXAMPLES: &[Example] = &[
    client("login of version 2, little-endian", b"\xbb\xbb\x01\x00\x00\x00\x01"),
    client("login of version 2, big-endian", b"\xbb\xbb\x00\x00\x00\x01\x01"),
    server("block of version 3", b"\xe8\x17\x01\x00\x1c\x00\x00\x00\xc5\x73\x40\x03\x00\x00\x01\x02\x00\x00\x2d\xdd\x00\x00\x00\x00\x00\x00\x00\x00"),
];
