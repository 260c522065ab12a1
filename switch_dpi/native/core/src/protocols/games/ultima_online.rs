//! Ultima Online over TCP ("Packet 0xEF" of the UO packet guides): a client's seed and its version in four numbers, big-endian.

use crate::probing::beginnings::{Byte, fits};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};
use Byte::{Any, In, Is};

/// Number, seed, version.
const SEED: [Byte; 21] = [
    Is(0xef),
    Any,
    Any,
    Any,
    Any,
    Is(0),
    Is(0),
    Is(0),
    In(1, 9),
    Is(0),
    Is(0),
    Is(0),
    Any,
    Is(0),
    Is(0),
    Is(0),
    Any,
    Is(0),
    Is(0),
    Is(0),
    Any,
];

/// Ultima Online.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ultima-online",
    name: "Ultima Online",
    selector: 958,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[2593, 7775],
    first_bytes: FirstBytes::Of(&[0xef]),
    max_probe_size: SEED.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    fits(sample.data, &SEED).stream(95, "seed and version", 21)
}

const EXAMPLES: &[Example] = &[
    client(
        "version 7.0.15.1 and the log-in",
        b"\xef\xc0\xa8\x01\x02\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x0f\x00\x00\x00\x01\x80ann\0\0\0\0\0\0\0",
    ),
    client("version 6.0.14.2", b"\xef\x5a\x11\x90\x02\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00\x0e\x00\x00\x00\x02"),
];
