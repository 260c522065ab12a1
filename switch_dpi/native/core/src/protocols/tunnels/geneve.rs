//! Geneve (RFC 8926).

use crate::frame::link_type;
use crate::probing::answers::matched;
use crate::probing::inner_packets::{FrameFit, ethernet_frame, fits_ethertype, is_ip_packet};
use crate::probing::numbers::{u16_at, u32_at};
use crate::protocol::{Carried, Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// Version and size of the options, flags, protocol type, network identifier, reserved (RFC 8926 §3.4).
const HEADER_SIZE: usize = 8;
/// The six lower bits count words of options; the version above is zero.
const MAX_OPTION_WORDS: u8 = 0x3f;

/// Geneve.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "geneve",
    name: "Geneve",
    selector: 1213,
    category: "vpn",
    risk: Some(20),
    transports: &[Transport::Udp],
    ports: &[6081],
    first_bytes: FirstBytes::Where(|byte| byte <= MAX_OPTION_WORDS),
    max_probe_size: 64,
    probe,
    tunnel: Some(carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let Some(inner) = carried(sample.data) else { return Probe::No };
    let fits = match inner.link_type {
        link_type::ETHERNET => ethernet_frame(inner.data),
        link_type::RAW => is_ip_packet(inner.data).then_some(FrameFit::Checked),
        _ => fits_ethertype(inner.link_type, inner.data),
    };
    match fits {
        Some(FrameFit::Checked) => matched(95, "Geneve header and its frame", HEADER_SIZE),
        Some(FrameFit::Likely) => matched(80, "Geneve header and its frame", HEADER_SIZE),
        None => Probe::No,
    }
}

fn carried(data: &[u8]) -> Option<Carried<'_>> {
    let [first, flags, _, _, _, _, _, 0] = *data.first_chunk::<HEADER_SIZE>()? else { return None };
    if first > MAX_OPTION_WORDS || flags & 0x3f != 0 {
        return None;
    }
    let link_type = match u16_at(data, 2)? {
        0x6558 => link_type::ETHERNET,
        0x0800 | 0x86dd => link_type::RAW,
        kind @ (0x8847 | 0x894f) => link_type::of_ethertype(kind),
        _ => return None,
    };
    let inner = data.get(HEADER_SIZE + 4 * usize::from(first)..)?;
    Some(Carried { link_type, data: inner, scope: u32_at(data, 4)? >> 8 })
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "a question of ARP",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\0\0\x65\x58\0\0\x2a\0\xff\xff\xff\xff\xff\xff\x02\0\x5e\x10\0\x02\x08\x06\
            \0\x01\x08\0\x06\x04\0\x01\x02\0\x5e\x10\0\x02\x0a\0\0\x02\0\0\0\0\0\0\x0a\0\0\x01",
        expect: &[],
    },
    Example {
        title: "IPv4 behind an option of Open Virtual Network",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x02\x40\x65\x58\0\0\x2a\0\x01\x02\x80\x01\0\x01\0\x02\x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x02\x08\0\
            \x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x01\x0a\0\0\x05\x08\0\xf7\xff\0\0\0\0",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_passed_over() {
        assert!(
            carried(EXAMPLES[1].data)
                .is_some_and(|inner| inner.data.starts_with(b"\x02\0\x5e\x10") && inner.scope == 42)
        );
        assert_eq!(carried(b"\x3f\0\x65\x58\0\0\x2a\0"), None);
    }
}
