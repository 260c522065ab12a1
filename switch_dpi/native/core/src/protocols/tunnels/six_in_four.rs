//! IPv6 in IP: configured tunnels (RFC 4213), 6to4 (RFC 3056), 6rd (RFC 5969), and in IPv6 (RFC 2473): IP protocol 41.

use crate::frame::link_type;
use crate::probing::answers::matched;
use crate::protocol::{Carried, Descriptor, Direction, Example, Probe, Sample, Transport};

/// The inner header (RFC 8200 §3).
const HEADER_SIZE: usize = 40;

/// IPv6 in IP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "6in4",
    name: "6in4",
    selector: 1209,
    category: "vpn",
    transports: &[Transport::Ip(41)],
    max_probe_size: HEADER_SIZE,
    probe,
    tunnel: Some(carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if carried(sample.data).is_some() { matched(100, "IP protocol 41", HEADER_SIZE) } else { Probe::No }
}

fn carried(data: &[u8]) -> Option<Carried<'_>> {
    let is_packet = data.len() >= HEADER_SIZE && matches!(data.first(), Some(0x60..=0x6f));
    is_packet.then_some(Carried { link_type: link_type::RAW, data, scope: 0 })
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "echo request from a 6to4 address",
        transport: Transport::Ip(41),
        direction: Direction::Originator,
        data: b"\x60\0\0\0\0\x08\x3a\x40\x20\x02\xc0\0\x02\x01\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x80\0\x12\x34\0\x01\0\x01",
        expect: &[],
    },
    Example {
        title: "no next header",
        transport: Transport::Ip(41),
        direction: Direction::Responder,
        data: b"\x60\0\0\0\0\0\x3b\x40\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01",
        expect: &[],
    },
];
