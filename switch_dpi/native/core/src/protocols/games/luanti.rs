//! Luanti (Minetest) over UDP (the engine's connection layer): number of the protocol, peer, channel, type; big-endian.

use crate::probing::beginnings::{Byte, fits};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};
use Byte::{Any, In, Is};

/// Number of the protocol, peer, one of three channels, type: control, original, split, reliable.
const HEADER: [Byte; 8] = [Is(0x4f), Is(0x45), Is(0x74), Is(0x03), Any, Any, In(0, 2), In(0, 3)];

/// Luanti.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "luanti",
    name: "Luanti",
    selector: 960,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[30000],
    first_bytes: FirstBytes::Of(&[0x4f]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    fits(sample.data, &HEADER).datagram(90, "header", 8)
}

const EXAMPLES: &[Example] = &[
    query("first message of a client", b"\x4f\x45\x74\x03\x00\x00\x00\x03\xff\xdc\x01\x00\x00"),
    reply("its peer number", b"\x4f\x45\x74\x03\x00\x01\x00\x03\xff\xdc\x00\x01\x00\x02"),
];
