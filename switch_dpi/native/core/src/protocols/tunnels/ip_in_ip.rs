//! IPv4 in IP (RFC 2003): IP protocol 4.

use crate::frame::link_type;
use crate::probing::answers::matched;
use crate::probing::inner_packets::is_ipv4_packet;
use crate::protocol::{Carried, Descriptor, Direction, Example, Probe, Sample, Transport};

/// The inner header without options (RFC 791 §3.1).
const HEADER_SIZE: usize = 20;

/// IPv4 in IP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ip-in-ip",
    name: "IP_in_IP",
    selector: 1208,
    category: "vpn",
    risk: Some(40),
    transports: &[Transport::Ip(4)],
    max_probe_size: HEADER_SIZE,
    probe,
    tunnel: Some(carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match carried(sample.data) {
        Some(_) if is_ipv4_packet(sample.data) => matched(100, "IP protocol 4", HEADER_SIZE),
        Some(_) => matched(90, "IP protocol 4", HEADER_SIZE),
        None => Probe::No,
    }
}

fn carried(data: &[u8]) -> Option<Carried<'_>> {
    let is_packet = data.len() >= HEADER_SIZE && matches!(data.first(), Some(0x45..=0x4f));
    is_packet.then_some(Carried { link_type: link_type::RAW, data, scope: 0 })
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "echo request",
        transport: Transport::Ip(4),
        direction: Direction::Originator,
        data: b"\x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x01\x0a\0\0\x05\x08\0\xf7\xff\0\0\0\0",
        expect: &[],
    },
    Example {
        title: "echo reply",
        transport: Transport::Ip(4),
        direction: Direction::Responder,
        data: b"\x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x05\x0a\0\0\x01\0\0\xff\xff\0\0\0\0",
        expect: &[],
    },
];
