//! VXLAN (RFC 7348), with the group policy extension and the generic one (VXLAN-GPE, draft-ietf-nvo3-vxlan-gpe).

use crate::frame::link_type;
use crate::probing::answers::matched;
use crate::probing::inner_packets::{FrameFit, ethernet_frame, fits_ethertype, is_ip_packet};
use crate::probing::numbers::u32_at;
use crate::protocol::{Carried, Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// Flags, reserved or policy, network identifier, reserved (RFC 7348 §5).
const HEADER_SIZE: usize = 8;
/// The network identifier is valid.
const PLAIN: u8 = 0x08;
/// And a group policy stands in the next bytes.
const POLICY: u8 = 0x88;
/// And the next protocol does.
const GENERIC: u8 = 0x0c;
/// The same with the bit for operation and management.
const GENERIC_OAM: u8 = 0x0d;

/// VXLAN.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "vxlan",
    name: "VXLAN",
    selector: 1212,
    category: "vpn",
    risk: Some(20),
    transports: &[Transport::Udp],
    ports: &[4789, 8472, 4790],
    first_bytes: FirstBytes::Of(&[PLAIN, POLICY, GENERIC, GENERIC_OAM]),
    max_probe_size: 64,
    probe,
    tunnel: Some(carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// The header alone has 40 fixed bits, but many zeros: the frame in it must agree.
fn probe(sample: &Sample<'_>) -> Probe {
    let Some([first, second, _, _, _, _, _, 0]) = sample.data.first_chunk::<HEADER_SIZE>() else { return Probe::No };
    if matches!(*first, GENERIC | GENERIC_OAM) && *second != 0 {
        return Probe::No;
    }
    let Some(inner) = carried(sample.data) else { return Probe::No };
    let fits = match inner.link_type {
        link_type::ETHERNET => ethernet_frame(inner.data),
        link_type::RAW => is_ip_packet(inner.data).then_some(FrameFit::Checked),
        _ => fits_ethertype(inner.link_type, inner.data),
    };
    match (fits, *first) {
        (Some(FrameFit::Checked), _) => matched(98, "VXLAN header and its frame", HEADER_SIZE),
        (Some(FrameFit::Likely), PLAIN) => matched(85, "VXLAN header and its frame", HEADER_SIZE),
        (None, PLAIN) if u32_at(sample.data, 4) != Some(0) && has_addresses(inner.data) => {
            matched(62, "VXLAN header", HEADER_SIZE)
        }
        _ => Probe::No,
    }
}

/// Whether the frame's source is one station's, and its type could be one.
fn has_addresses(frame: &[u8]) -> bool {
    let Some([source, maker, ..]) = frame.get(6..14) else { return false };
    source & 1 == 0 && (source | maker) != 0 && matches!(frame.get(12), Some(0x08 | 0x81 | 0x86 | 0x88 | 0x89))
}

fn carried(data: &[u8]) -> Option<Carried<'_>> {
    let ([first, a, b, next, ..], inner) = data.split_first_chunk::<HEADER_SIZE>()?;
    let link_type = match (*first, *next) {
        (PLAIN, 0) if *a == 0 && *b == 0 => link_type::ETHERNET,
        (POLICY, _) if a & !0x48 == 0 => link_type::ETHERNET,
        (GENERIC | GENERIC_OAM, 1 | 2) if *b == 0 => link_type::RAW,
        (GENERIC | GENERIC_OAM, 3) if *b == 0 => link_type::ETHERNET,
        (GENERIC | GENERIC_OAM, 4) if *b == 0 => link_type::of_ethertype(0x894f),
        (GENERIC | GENERIC_OAM, 5) if *b == 0 => link_type::of_ethertype(0x8847),
        _ => return None,
    };
    Some(Carried { link_type, data: inner, scope: u32_at(data, 4)? >> 8 })
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "IPv4",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x08\0\0\0\0\0\x2a\0\x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x02\x08\0\
            \x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x01\x0a\0\0\x05\x08\0\xf7\xff\0\0\0\0",
        expect: &[],
    },
    Example {
        title: "a question of ARP, with a group policy",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x88\0\0\x07\0\0\x2a\0\xff\xff\xff\xff\xff\xff\x02\0\x5e\x10\0\x02\x08\x06\
            \0\x01\x08\0\x06\x04\0\x01\x02\0\x5e\x10\0\x02\x0a\0\0\x02\0\0\0\0\0\0\x0a\0\0\x01",
        expect: &[],
    },
    Example {
        title: "generic, IPv4",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x0c\0\0\x01\0\0\x2a\0\x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x01\x0a\0\0\x05\x08\0\xf7\xff\0\0\0\0",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_identifier_keeps_equal_addresses_apart() {
        assert_eq!(carried(EXAMPLES[0].data).map(|inner| (inner.scope, inner.data.len())), Some((42, 42)));
        assert_eq!(carried(EXAMPLES[2].data).map(|inner| inner.link_type), Some(link_type::RAW));
    }

    #[test]
    fn zeros_behind_the_flag_are_no_frame() {
        let mut zeros = [0; 64];
        zeros[0] = PLAIN;
        assert_eq!(probe(&Sample { transport: Transport::Udp, data: &zeros, ..Sample::EMPTY }), Probe::No);
    }
}
