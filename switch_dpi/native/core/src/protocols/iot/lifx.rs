//! LIFX bulbs over UDP (LIFX LAN protocol): header of 36 bytes, little-endian.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, Sample, Transport};

const HEADER_SIZE: usize = 36;
/// Protocol 1024, "addressable" set; bit 13, "tagged", may be.
const PROTOCOL: u16 = 0x1400;
const TAGGED: u16 = 0x2000;
/// Upper bits: an origin, which is zero.
const ORIGIN: u16 = 0xc000;
/// The last message type of tiles and switches.
const MAX_TYPE: u16 = 1_024;

/// LIFX.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "lifx",
    name: "LIFX",
    selector: 376,
    category: "iot",
    transports: &[Transport::Udp],
    ports: &[56_700],
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let size = usize::from(cursor.u16_le()?);
    require(size == sample.data.len() && size >= HEADER_SIZE)?;
    let protocol = cursor.u16_le()?;
    require(protocol & !TAGGED & !ORIGIN == PROTOCOL)?;
    cursor.u32_le()?; // source
    cursor.array::<6>()?; // target, and two bytes of padding
    cursor.literal(&[0, 0])?;
    cursor.array::<16>()?; // reserved, flags, sequence number, reserved
    require(cursor.u16_le()? <= MAX_TYPE)?;
    cursor.matched(90, "LIFX header")
}

const EXAMPLES: &[Example] = &[
    query("GetService to all", b"\x24\x00\x00\x34\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00"),
    reply("StateService", b"\x29\x00\x00\x14\x02\x00\x00\x00\xd0\x73\xd5\x00\x12\x34\x00\x00LIFXV2\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x01\x7c\xdd\x00\x00"),
];
