//! IPComp, the payload compression of IPsec (RFC 3173): IP protocol 108.

use crate::probing::answers::matched;
use crate::protocol::{Descriptor, Direction, Example, Probe, Sample, Transport};

/// Next header, flags, compression parameter index (RFC 3173 §3).
const HEADER_SIZE: usize = 4;

/// IPComp.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ipcomp",
    name: "IPComp",
    selector: 1211,
    category: "vpn",
    risk: Some(20),
    transports: &[Transport::Ip(108)],
    max_probe_size: HEADER_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// The flags are reserved and zero.
fn probe(sample: &Sample<'_>) -> Probe {
    match sample.data {
        [_, 0, _, _, ..] => matched(100, "IP protocol 108", HEADER_SIZE),
        _ => Probe::No,
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "TCP, DEFLATE",
        transport: Transport::Ip(108),
        direction: Direction::Originator,
        data: b"\x06\0\0\x02\x4b\xcb\xcf\x57\x00\x02",
        expect: &[],
    },
    Example {
        title: "IPv4, negotiated index",
        transport: Transport::Ip(108),
        direction: Direction::Responder,
        data: b"\x04\0\x9a\x31\x63\x60\x60\x60\x70\x64",
        expect: &[],
    },
];
