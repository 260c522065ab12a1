//! VISCA over IP of Sony's cameras over UDP (Sony, "VISCA over IP"): type, size, sequence number, then a VISCA packet.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

const HEADER_SIZE: usize = 8;
/// A VISCA packet has 1 to 16 bytes and ends with this.
const MAX_PACKET_SIZE: usize = 16;
const END: u8 = 0xff;

/// VISCA over IP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "visca-ip",
    name: "VISCA",
    selector: 387,
    category: "iot",
    transports: &[Transport::Udp],
    ports: &[52_381],
    first_bytes: FirstBytes::Of(&[1, 2]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let kind = cursor.u16()?;
    require(matches!(kind, 0x0100 | 0x0110 | 0x0111 | 0x0120))?; // command, inquiry, reply, setting
    let size = usize::from(cursor.u16()?);
    require((3..=MAX_PACKET_SIZE).contains(&size) && sample.data.len() == HEADER_SIZE + size)?;
    cursor.u32()?; // sequence number
    cursor.byte(|address| if kind == 0x0111 { address == 0x90 } else { matches!(address, 0x81 | 0x88) })?;
    require(sample.data.last() == Some(&END))?;
    cursor.matched(85, "VISCA packet behind its header")
}

const EXAMPLES: &[Example] = &[
    query("power on", b"\x01\x00\x00\x06\x00\x00\x00\x01\x81\x01\x04\x00\x02\xff"),
    reply("acknowledged", b"\x01\x11\x00\x03\x00\x00\x00\x01\x90\x41\xff"),
];
