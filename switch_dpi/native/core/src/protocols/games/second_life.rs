//! Second Life and OpenSimulator over UDP ("Packet Layout" of the Second Life wiki): flags, number, extra size, and the message's
//! number: two bytes ff and two more for the rare ones that open a circuit; big-endian.

use crate::probing::answers::matched_if;
use crate::probing::beginnings::{Beginning, Byte, fits};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};
use Byte::{Any, In, Is};

/// Reliable (perhaps sent again), an early number, nothing extra, UseCircuitCode.
const USE_CIRCUIT: [Byte; 10] = [In(0x40, 0x60), Is(0), Is(0), Is(0), Any, Is(0), Is(0xff), Is(0xff), Is(0), Is(3)];
/// The message with code, session and agent.
const USE_CIRCUIT_SIZE: usize = 10 + 4 + 16 + 16;
/// RegionHandshake, zero-coded.
const REGION_HANDSHAKE: [Byte; 11] =
    [Is(0xc0), Is(0), Is(0), Is(0), Any, Is(0), Is(0xff), Is(0xff), Is(0), Is(1), Is(0x94)];

/// Second Life.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "second-life-game",
    app: "second-life",
    name: "Second Life",
    selector: 959,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[12035, 12036, 13000, 9000],
    first_bytes: FirstBytes::Where(|byte| matches!(byte, 0x40..=0x60 | 0xc0)),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let is_opening = fits(data, &USE_CIRCUIT) == Beginning::Whole && data.len() == USE_CIRCUIT_SIZE;
    matched_if(is_opening || fits(data, &REGION_HANDSHAKE) == Beginning::Whole, 90, "circuit", 10)
}

const EXAMPLES: &[Example] = &[
    query(
        "a circuit is opened",
        b"\x40\x00\x00\x00\x01\x00\xff\xff\x00\x03\x5a\x11\x90\x020123456789abcdef0123456789abcdef",
    ),
    reply("handshake of a region", b"\xc0\x00\x00\x00\x02\x00\xff\xff\x00\x01\x94\x05\x00\x01\x0dAhern\0\x01\x5a\x11"),
];
