//! GUE, Generic UDP Encapsulation, variant 0 (draft-ietf-intarea-gue §3.2); its variant 1 is a bare IP packet.

use crate::frame::link_type;
use crate::probing::answers::matched;
use crate::probing::inner_packets::is_ip_packet;
use crate::probing::numbers::u16_at;
use crate::protocol::{Carried, Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// Variant, C bit and size of the rest in words; protocol; flags.
const HEADER_SIZE: usize = 4;

/// GUE.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "gue",
    name: "GUE",
    selector: 1217,
    category: "vpn",
    risk: Some(20),
    transports: &[Transport::Udp],
    ports: &[6080],
    first_bytes: FirstBytes::Where(|byte| byte <= 0x1f),
    max_probe_size: 64,
    probe,
    tunnel: Some(carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if carried(sample.data).is_some() { matched(75, "GUE header and its packet", HEADER_SIZE) } else { Probe::No }
}

/// A data message with IPv4 or IPv6; without flags there are no fields (§3.2.1).
fn carried(data: &[u8]) -> Option<Carried<'_>> {
    let [first, protocol, ..] = *data.first_chunk::<HEADER_SIZE>()?;
    let inner = data.get(HEADER_SIZE + 4 * usize::from(first & 0x1f)..)?;
    let flags_fit = (first & 0x1f == 0) == (u16_at(data, 2)? == 0);
    let version_fits = match protocol {
        4 => inner.first()? >> 4 == 4,
        41 => inner.first()? >> 4 == 6,
        _ => false,
    };
    let is_packet = first >> 5 == 0 && flags_fit && version_fits && is_ip_packet(inner);
    is_packet.then_some(Carried { link_type: link_type::RAW, data: inner, scope: 0 })
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "IPv4 without fields",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\0\x04\0\0\x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x01\x0a\0\0\x05\x08\0\xf7\xff\0\0\0\0",
        expect: &[],
    },
    Example {
        title: "IPv4 with a group identifier",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x01\x04\x80\0\0\0\0\x2a\x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x05\x0a\0\0\x01\0\0\xff\xff\0\0\0\0",
        expect: &[],
    },
];
