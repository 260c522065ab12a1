//! LIFX bulbs over UDP (LIFX LAN protocol): header of 36 bytes, little-endian.

use crate::probing::fields::{Fields, Verdict, answer, answered, require, sent};
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
    let mut fields = Fields::of(sample);
    let size = usize::from(fields.u16_le()?);
    require(size == sample.data.len() && size >= HEADER_SIZE)?;
    let protocol = fields.u16_le()?;
    require(protocol & !TAGGED & !ORIGIN == PROTOCOL)?;
    fields.u32_le()?; // source
    fields.array::<6>()?; // target, and two bytes of padding
    fields.expect(&[0, 0])?;
    fields.array::<16>()?; // reserved, flags, sequence number, reserved
    require(fields.u16_le()? <= MAX_TYPE)?;
    fields.matched(90, "LIFX header")
}

const EXAMPLES: &[Example] = &[
    sent(
        "GetService to all",
        Transport::Udp,
        b"\x24\x00\x00\x34\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00",
    ),
    answered(
        "StateService",
        Transport::Udp,
        b"\x29\x00\x00\x14\x02\x00\x00\x00\xd0\x73\xd5\x00\x12\x34\x00\x00LIFXV2\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x01\x7c\xdd\x00\x00",
    ),
];
