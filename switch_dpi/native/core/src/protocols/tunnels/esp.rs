//! ESP, the Encapsulating Security Payload of IPsec (RFC 4303): IP protocol 50. Behind SPI and sequence number all is
//! encrypted, unless the two ends agreed not to (RFC 2410): in tunnel mode the packet then shows itself.

use crate::frame::link_type;
use crate::probing::answers::matched;
use crate::probing::inner_packets::is_ip_packet;
use crate::probing::numbers::u16_at;
use crate::protocol::{Carried, Descriptor, Direction, Example, Probe, Sample, Transport};

/// SPI and sequence number (RFC 4303 §2).
const HEADER_SIZE: usize = 8;

/// ESP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "esp",
    name: "IPSec",
    selector: 1203,
    category: "vpn",
    risk: Some(40),
    tags: &["encrypted"],
    transports: &[Transport::Ip(50)],
    max_probe_size: HEADER_SIZE,
    probe,
    tunnel: Some(carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match sample.data.len() {
        0..HEADER_SIZE => Probe::No,
        _ => matched(100, "IP protocol 50", HEADER_SIZE),
    }
}

/// A packet that agrees with itself and leaves no more than padding, trailer and check value behind it (RFC 4303 §2, RFC 5879 §8).
fn carried(data: &[u8]) -> Option<Carried<'_>> {
    const MAX_BEHIND: usize = 255 + 2 + 32;
    let inner = data.get(HEADER_SIZE..)?;
    let size = match inner.first()? >> 4 {
        4 => usize::from(u16_at(inner, 2)?),
        6 => usize::from(u16_at(inner, 4)?) + 40,
        _ => return None,
    };
    let packet = inner.get(..size).filter(|_| inner.len() - size >= 2 && inner.len() - size <= MAX_BEHIND)?;
    is_ip_packet(packet).then_some(Carried { link_type: link_type::RAW, data: packet, scope: 0 })
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "first packet of a security association",
        transport: Transport::Ip(50),
        direction: Direction::Originator,
        data: b"\xc1\x02\x03\x04\0\0\0\x01\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf",
        expect: &[],
    },
    Example {
        title: "a later packet of the other end",
        transport: Transport::Ip(50),
        direction: Direction::Responder,
        data: b"\x0a\x92\x13\x44\0\x01\x20\x07\x94\x27\x6d\xaf\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x8b\x15\xc4\x9a",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_that_is_not_encrypted_is_found_before_its_trailer() {
        let packet = b"\x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x01\x0a\0\0\x05\x08\0\xf7\xff\0\0\0\0";
        let whole = [&[0, 0, 1, 2, 0, 0, 0, 1][..], packet, &[1, 2, 2, 4], &[7; 12]].concat();
        assert_eq!(carried(&whole).map(|inner| inner.data), Some(&packet[..]));
        assert_eq!(carried(&whole[..36]), None, "no trailer");
        assert!(EXAMPLES.iter().all(|example| carried(example.data).is_none()));
    }
}
