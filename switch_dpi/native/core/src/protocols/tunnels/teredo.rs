//! Teredo, IPv6 in UDP through address translators (RFC 4380).

use crate::frame::link_type;
use crate::probing::answers::matched;
use crate::probing::inner_packets::is_ipv6_packet;
use crate::protocol::{Carried, Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// Prefix of Teredo's addresses (RFC 4380 §2.6).
const PREFIX: &[u8] = b"\x20\x01\0\0";
/// Link-local addresses in router solicitations (RFC 4380 §5.2.1).
const LINK_LOCAL: &[u8] = b"\xfe\x80\0\0\0\0\0\0";
/// Where the addresses stand in the inner header (RFC 8200 §3).
const SOURCE: usize = 8;
const DESTINATION: usize = 24;

/// Teredo.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "teredo",
    name: "TEREDO",
    selector: 1215,
    category: "vpn",
    risk: Some(80),
    transports: &[Transport::Udp],
    ports: &[3544],
    first_bytes: FirstBytes::Where(|byte| byte == 0 || byte >> 4 == 6),
    max_probe_size: 128,
    probe,
    tunnel: Some(carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let Some(packet) = packet(sample.data) else { return Probe::No };
    let has = |at, prefix: &[u8]| packet.get(at..).is_some_and(|address| address.starts_with(prefix));
    let is_teredo = has(SOURCE, PREFIX) || has(DESTINATION, PREFIX) || has(SOURCE, LINK_LOCAL);
    if is_teredo && is_ipv6_packet(packet) { matched(95, "IPv6 packet of a Teredo address", 40) } else { Probe::No }
}

/// The IPv6 packet behind authentication (RFC 4380 §5.1.1: sizes of client id and of the value, both, a nonce and a
/// confirmation byte) and origin (a port and an address).
fn packet(data: &[u8]) -> Option<&[u8]> {
    let mut rest = data;
    if let [0, 1, id_size, value_size, ..] = rest {
        rest = rest.get(4 + usize::from(*id_size) + usize::from(*value_size) + 9..)?;
    }
    if rest.starts_with(&[0, 0]) {
        rest = rest.get(8..)?;
    }
    matches!(rest.first(), Some(0x60..=0x6f)).then_some(rest)
}

fn carried(data: &[u8]) -> Option<Carried<'_>> {
    Some(Carried { link_type: link_type::RAW, data: packet(data)?, scope: 0 })
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "a bubble",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x60\0\0\0\0\0\x3b\x15\x20\x01\0\0\x53\xaa\x06\x4c\x10\x2b\x33\x11\x3f\x57\xfe\xf5\x20\x01\0\0\x53\xaa\x06\x4c\x24\x0a\x5e\x3c\xa2\x41\x7b\x9d",
        expect: &[],
    },
    Example {
        title: "router advertisement behind authentication and origin",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\0\x01\0\0\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\0\0\0\x9c\x3e\x31\x57\x28\x91\
            \x60\0\0\0\0\x10\x3a\xff\xfe\x80\0\0\0\0\0\0\x80\0\xf2\x27\xbc\x1f\x57\x2e\xfe\x80\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xfd\
            \x86\0\x12\x34\0\0\0\0\0\0\0\0\0\0\x07\xd0",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv6_of_other_addresses_is_not_teredo() {
        let mut packet = EXAMPLES[0].data.to_vec();
        packet[11] = 9;
        packet[27] = 9;
        assert_eq!(probe(&Sample { transport: Transport::Udp, data: &packet, ..Sample::EMPTY }), Probe::No);
    }
}
