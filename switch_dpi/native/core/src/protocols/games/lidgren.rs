//! Lidgren (Stardew Valley, Barotrauma, Space Station 14 …), its library messages over UDP (Lidgren.Network, released as source):
//! type, number, size in bits (little-endian), payload to the end.

use crate::probing::answers::matched_if;
use crate::probing::examples::{query, reply};
use crate::probing::numbers::{u8_at, u16_le_at};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Type, number, size.
const HEADER_SIZE: usize = 5;
/// Ping, pong, connect, its answer, established, acknowledge, disconnect, discovery, its answer.
const KINDS: std::ops::RangeInclusive<u8> = 129..=137;

/// Lidgren.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "lidgren",
    name: "Lidgren",
    selector: 943,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[14242, 24642, 27015],
    first_bytes: FirstBytes::Where(|byte| KINDS.contains(&byte)),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// Messages of the library have no number of their own. Ping and pong have one size each; those that connect have text.
fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let (Some(kind), Some(0), Some(bits)) = (u8_at(data, 0), u16_le_at(data, 1), u16_le_at(data, 3)) else {
        return Probe::No;
    };
    let size = data.len() - HEADER_SIZE;
    let kind_fits = match kind {
        129 => size == 1,
        130 => size == 5,
        131 | 132 => size > 12,
        133 => size == 4,
        134 => size.is_multiple_of(3) && size > 0,
        135 => u8_at(data, HEADER_SIZE).is_some_and(|text| usize::from(text) + 1 == size),
        136 | 137 => true,
        _ => false,
    };
    matched_if(kind_fits && usize::from(bits) == size * 8, 75, "library message", 5)
}

const EXAMPLES: &[Example] = &[
    query("connect", b"\x83\x00\x00\xd0\x00\x0dStardewValley\x5a\x11\x90\x02\x33\x0e\x77\x21\x12\x34\x56\x41"),
    reply("pong", b"\x82\x00\x00\x28\x00\x07\x11\x90\x02\x41"),
];
