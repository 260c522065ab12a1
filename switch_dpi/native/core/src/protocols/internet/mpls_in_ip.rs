//! MPLS in IP (RFC 4023, IP protocol 137) and in UDP (RFC 7510).

use crate::frame::link_type;
use crate::probing::answers::matched;
use crate::probing::inner_packets::is_ip_packet;
use crate::probing::numbers::{u16_at, u32_at};
use crate::protocol::{Carried, Descriptor, Direction, Example, Probe, Sample, Transport};

/// Label, traffic class, bottom of stack, TTL (RFC 3032 §2.1).
const ENTRY_SIZE: usize = 4;
const BOTTOM_BIT: u32 = 0x100;
/// Labels in one stack: deeper ones are not met.
const MAX_LABELS: usize = 8;

/// MPLS in IP or UDP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mpls-in-ip",
    name: "MPLS",
    selector: 1218,
    category: "network",
    transports: &[Transport::Ip(137), Transport::Udp],
    ports: &[6635],
    max_probe_size: 64,
    probe,
    tunnel: Some(carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// In UDP the packet behind the labels must agree with itself.
fn probe(sample: &Sample<'_>) -> Probe {
    let Some((size, inner)) = stack(sample.data) else { return Probe::No };
    match sample.transport {
        Transport::Udp if is_ip_packet(inner) && !is_gtp(sample.data) => {
            matched(70, "label stack and its packet", size)
        }
        Transport::Udp => Probe::No,
        _ => matched(100, "IP protocol 137", size),
    }
}

/// Whether the first eight bytes are a header of GTP-U, whose tunnel id could be taken for a label (3GPP TS 29.281 §5.1).
fn is_gtp(data: &[u8]) -> bool {
    let size_fits = u16_at(data, 2).is_some_and(|size| usize::from(size) + 8 == data.len());
    size_fits && matches!(data.first_chunk(), Some([0x30..=0x37, 0xff]))
}

/// Size of the label stack, and what follows it.
fn stack(data: &[u8]) -> Option<(usize, &[u8])> {
    for place in 0..MAX_LABELS {
        let entry = u32_at(data, place * ENTRY_SIZE)?;
        if entry & 0xff == 0 {
            return None; // a packet with a TTL of zero is not sent (RFC 3032 §2.4.2)
        }
        if entry & BOTTOM_BIT != 0 {
            let size = (place + 1) * ENTRY_SIZE;
            return Some((size, data.get(size..)?));
        }
    }
    None
}

/// Labels belong to one direction each, so they are no scope.
fn carried(data: &[u8]) -> Option<Carried<'_>> {
    let (_, inner) = stack(data)?;
    is_ip_packet(inner).then_some(Carried { link_type: link_type::RAW, data: inner, scope: 0 })
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "one label, in UDP",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\0\x3e\x81\x40\x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x01\x0a\0\0\x05\x08\0\xf7\xff\0\0\0\0",
        expect: &[],
    },
    Example {
        title: "two labels, in IP",
        transport: Transport::Ip(137),
        direction: Direction::Responder,
        data: b"\0\x3e\x80\x40\0\x3e\x91\x40\x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x05\x0a\0\0\x01\0\0\xff\xff\0\0\0\0",
        expect: &[],
    },
];
