//! ESP, the Encapsulating Security Payload of IPsec (RFC 4303): IP protocol 50. Everything behind SPI and sequence number is encrypted.

use crate::probing::inner_packets::found;
use crate::protocol::{Descriptor, Direction, Example, Probe, Sample, Transport};

/// SPI and sequence number (RFC 4303 §2).
const HEADER_SIZE: usize = 8;

/// ESP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "esp",
    name: "IPSec",
    selector: 1203,
    category: "vpn",
    transports: &[Transport::Ip(50)],
    max_probe_size: HEADER_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match sample.data.len() {
        0..HEADER_SIZE => Probe::No,
        _ => found(100, "IP protocol 50", HEADER_SIZE),
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "first packet of a security association",
        transport: Transport::Ip(50),
        direction: Direction::Originator,
        data: b"\xc1\x02\x03\x04\0\0\0\x01\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf",
        expect: &[],
    },
    Example {
        title: "a later packet of the other end",
        transport: Transport::Ip(50),
        direction: Direction::Responder,
        data: b"\x0a\x92\x13\x44\0\x01\x20\x07\x94\x27\x6d\xaf\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x8b\x15\xc4\x9a",
        expect: &[],
    },
];
