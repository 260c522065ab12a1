//! AH, the Authentication Header of IPsec (RFC 4302): IP protocol 51. In tunnel mode a whole packet follows it.

use crate::frame::link_type;
use crate::probing::answers::matched;
use crate::probing::inner_packets::is_ip_packet;
use crate::protocol::{Carried, Descriptor, Direction, Example, Probe, Sample, Transport};

/// Next header, payload length, reserved, SPI, sequence number (RFC 4302 §2).
const FIXED_SIZE: usize = 12;

/// AH.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ah",
    name: "IPSec",
    selector: 1204,
    category: "vpn",
    risk: Some(20),
    transports: &[Transport::Ip(51)],
    max_probe_size: FIXED_SIZE,
    probe,
    tunnel: Some(carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match sample.data.get(2..FIXED_SIZE) {
        Some([0, 0, ..]) => matched(100, "IP protocol 51", FIXED_SIZE),
        _ => Probe::No,
    }
}

/// The packet of tunnel mode; the payload length counts words of 32 bits, less two.
fn carried(data: &[u8]) -> Option<Carried<'_>> {
    let [next, words, ..] = *data.first_chunk::<FIXED_SIZE>()?;
    let packet = data.get((usize::from(words) + 2) * 4..)?;
    let is_tunnel = matches!(next, 4 | 41) && is_ip_packet(packet);
    is_tunnel.then_some(Carried { link_type: link_type::RAW, data: packet, scope: 0 })
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "transport mode with TCP",
        transport: Transport::Ip(51),
        direction: Direction::Originator,
        data: b"\x06\x04\0\0\xc1\x02\x03\x04\0\0\0\x01\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf",
        expect: &[],
    },
    Example {
        title: "tunnel mode",
        transport: Transport::Ip(51),
        direction: Direction::Responder,
        data: b"\x04\x04\0\0\xc1\x02\x03\x04\0\0\0\x02\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\
            \x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x01\x0a\0\0\x05\x08\0\xf7\xff\0\0\0\0",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tunnel_mode_carries_a_packet() {
        assert_eq!(carried(EXAMPLES[0].data), None);
        assert_eq!(carried(EXAMPLES[1].data).map(|inner| inner.data.len()), Some(28));
    }
}
