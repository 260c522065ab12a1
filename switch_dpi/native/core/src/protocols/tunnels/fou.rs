//! IP packets that stand in UDP without more (Foo over UDP, `ip fou` of Linux; variant 1 of GUE, draft-ietf-intarea-gue §3.3).

use crate::frame::link_type;
use crate::probing::answers::matched;
use crate::probing::inner_packets::{is_ip_packet, is_ipv4_packet};
use crate::protocol::{Carried, Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// FOU.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "fou",
    name: "FOU",
    selector: 1216,
    category: "vpn",
    risk: Some(20),
    transports: &[Transport::Udp],
    ports: &[5555, 6080],
    first_bytes: FirstBytes::Where(|byte| matches!(byte, 0x45..=0x4f | 0x60..=0x6f)),
    max_probe_size: 64,
    probe,
    tunnel: Some(carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// An IPv4 header agrees with its checksum; IPv6 has none, so it needs a second packet between the same addresses.
fn probe(sample: &Sample<'_>) -> Probe {
    if !is_ip_packet(sample.data) {
        return Probe::No;
    }
    let is_plain = sample.data.first() == Some(&0x45);
    if is_plain && is_ipv4_packet(sample.data) {
        return matched(65, "IPv4 packet", 20);
    }
    let same = |other: &[u8]| sample.data.get(8..40).is_some_and(|addresses| other.get(8..40) == Some(addresses));
    if same(sample.other) { matched(65, "IPv6 packets", 40) } else { Probe::NeedMore }
}

fn carried(data: &[u8]) -> Option<Carried<'_>> {
    is_ip_packet(data).then_some(Carried { link_type: link_type::RAW, data, scope: 0 })
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "echo request",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x01\x0a\0\0\x05\x08\0\xf7\xff\0\0\0\0",
        expect: &[],
    },
    Example {
        title: "echo reply",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x05\x0a\0\0\x01\0\0\xff\xff\0\0\0\0",
        expect: &[],
    },
];
