//! FOUNDATION Fieldbus High Speed Ethernet (IEC 61784-1 CP 1/2) over UDP and TCP: the message header of the field device access
//! agent.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

const VERSION: u8 = 1;
const HEADER_SIZE: u32 = 12;
/// Datagrams and messages of the agent are no larger.
const MAX_SIZE: u32 = 8_192;

/// FOUNDATION Fieldbus HSE.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ff-hse",
    name: "FF-HSE",
    selector: 325,
    category: "industrial",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[1089, 1090, 1091, 3622],
    first_bytes: FirstBytes::Of(&[VERSION]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(&[VERSION])?;
    cursor.byte(|options| options & 0x07 == 0 || options & 0xe0 != 0)?;
    // session, system management, message access, redundancy; then request, response or error
    cursor.byte(|protocol| (1..=4).contains(&(protocol >> 2)) && protocol & 3 != 3)?;
    cursor.u8()?; // service
    cursor.u32()?; // address
    let size = cursor.u32()?;
    require((HEADER_SIZE..=MAX_SIZE).contains(&size))?;
    require(sample.transport.is_stream() || usize::try_from(size) == Ok(sample.data.len()))?;
    let confidence = if sample.transport.is_stream() { 55 } else { 70 };
    cursor.matched(confidence, "message header of HSE")
}

const EXAMPLES: &[Example] = &[
    query("session opened", b"\x01\x80\x04\x81\x00\x00\x00\x00\x00\x00\x00\x1c\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x05\x00\x00\x00\x00\x0a"),
    reply("device annunciation", b"\x01\x00\x08\x10\x00\x00\x00\x00\x00\x00\x00\x18\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03"),
];
