//! Silkroad Online over TCP (as its open tools describe it): size, number, two bytes of security, little-endian; the server begins
//! with the handshake, number 0x5000.

use crate::probing::beginnings::begins_any;
use crate::probing::examples::server;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Size, number, no security, and what is agreed on: all of it, or nothing.
const HANDSHAKES: [&[u8]; 2] = [b"\x25\x00\x00\x50\x00\x00\x0e", b"\x01\x00\x00\x50\x00\x00\x01"];

/// Silkroad Online.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "silkroad-online",
    name: "Silkroad Online",
    selector: 972,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[15779, 15884],
    first_bytes: FirstBytes::Of(&[0x25, 0x01]),
    max_probe_size: 7,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    begins_any(sample.data, &HANDSHAKES).stream(90, "handshake", 7)
}

const EXAMPLES: &[Example] = &[
    server("handshake with keys", b"\x25\x00\x00\x50\x00\x00\x0e\x5a\x11\x90\x02\x33\x0e\x77\x21\x90\x00\x00\x00\x72\x00\x00\x00\x4c\x0a\x00\x02\x05\x36\x12\x77\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"),
    server("handshake without", b"\x01\x00\x00\x50\x00\x00\x01"),
];
