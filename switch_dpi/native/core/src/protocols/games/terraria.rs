//! Terraria over TCP ("Multiplayer packet structure" of TShock): size of it all (little-endian), number; the client begins with
//! number 1 and its version in words.

use crate::probing::beginnings::{Byte, fits};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};
use Byte::{In, Is};

/// Size, connect request, size of the text, `Terraria` and a digit.
const HELLO: [Byte; 13] = [
    In(12, 18),
    Is(0),
    Is(1),
    In(9, 15),
    Is(b'T'),
    Is(b'e'),
    Is(b'r'),
    Is(b'r'),
    Is(b'a'),
    Is(b'r'),
    Is(b'i'),
    Is(b'a'),
    In(b'0', b'9'),
];

/// Terraria.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "terraria-game",
    app: "terraria",
    name: "Terraria",
    selector: 952,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[7777],
    first_bytes: crate::protocol::FirstBytes::Where(|byte| matches!(byte, 12..=18)),
    max_probe_size: HELLO.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    fits(sample.data, &HELLO).stream(100, "connect request", 13)
}

const EXAMPLES: &[Example] =
    &[client("version 279", b"\x0f\x00\x01\x0bTerraria279"), client("version 39", b"\x0e\x00\x01\x0aTerraria39")];
