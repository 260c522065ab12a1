//! Monero and the other CryptoNote currencies: Levin headers over TCP ("LEVIN_PROTOCOL.md" of Monero): a signature of eight
//! bytes, size, whether an answer is wanted, command; little-endian.

use crate::probing::beginnings::begins;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// The signature, 0x0101010101012101.
const SIGNATURE: &[u8] = b"\x01\x21\x01\x01\x01\x01\x01\x01";

/// Monero.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "monero",
    name: "Monero",
    selector: 933,
    category: "crypto-currency",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[18080, 28080, 38080],
    first_bytes: FirstBytes::Of(&[1]),
    max_probe_size: SIGNATURE.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    begins(sample.data, SIGNATURE).stream(100, "Levin signature", 8)
}

const EXAMPLES: &[Example] = &[
    client("handshake, an answer is wanted", b"\x01\x21\x01\x01\x01\x01\x01\x01\x0a\0\0\0\0\0\0\0\x01\xe9\x03\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\x01\x11\x01\x01\x01\x01\x02\x01\x01\x00"),
    server("timed synchronisation, answered", b"\x01\x21\x01\x01\x01\x01\x01\x01\x0a\0\0\0\0\0\0\0\x00\xea\x03\0\0\x01\0\0\0\x02\0\0\0\x01\0\0\0\x01\x11\x01\x01\x01\x01\x02\x01\x01\x00"),
];
