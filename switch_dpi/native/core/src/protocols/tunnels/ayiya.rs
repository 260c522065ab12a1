//! AYIYA, Anything In Anything (draft-massar-v6ops-ayiya-02): IPv6 in UDP, signed, as SixXS ran it.

use crate::frame::link_type;
use crate::probing::answers::matched;
use crate::probing::inner_packets::{is_ipv4_packet, is_ipv6_packet};
use crate::probing::numbers::u32_at;
use crate::protocol::{Carried, Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// Sizes and methods, operation, next header, epoch (§4).
const FIXED_SIZE: usize = 8;
/// 1 January 2004, when the draft was written, and the year 2058, in Unix time.
const EPOCHS: std::ops::Range<u32> = 1_072_915_200..2_777_000_000;

/// AYIYA.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ayiya",
    name: "AYIYA",
    selector: 1219,
    category: "vpn",
    risk: Some(80),
    transports: &[Transport::Udp],
    ports: &[5072],
    // 2^n bytes of identity, n up to 4; identity type integer or text
    first_bytes: FirstBytes::Where(|byte| byte >> 4 <= 4 && matches!(byte & 0x0f, 1 | 2)),
    max_probe_size: 64,
    probe,
    tunnel: Some(carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let Some(header) = Header::read(sample.data) else { return Probe::No };
    // a packet that agrees with itself where the next header says so; else nothing, so that all sizes add up to the datagram's
    let payload_fits = match header.next {
        41 => is_ipv6_packet(header.payload),
        4 => is_ipv4_packet(header.payload),
        _ => header.payload.is_empty(),
    };
    if payload_fits { matched(85, "AYIYA header", FIXED_SIZE) } else { Probe::No }
}

struct Header<'a> {
    next: u8,
    payload: &'a [u8],
}

impl<'a> Header<'a> {
    /// Sizes are powers of two for the identity and words for the signature: none, 16 bytes of MD5, 20 of SHA-1, 32 of UMAC. An
    /// identity that is a number is an address; what is signed says by which method (§4).
    fn read(data: &'a [u8]) -> Option<Self> {
        let [identity, signature, operation, next, ..] = *data.first_chunk::<FIXED_SIZE>()?;
        let hash_fits = matches!(signature, 0x00 | 0x41 | 0x52 | 0x83);
        let operation_fits = operation >> 4 <= 2 && operation & 0x0f <= 4 && (operation >> 4 == 0) == (signature == 0);
        let next_fits = matches!(next, 4 | 41 | 59);
        let is_identity = matches!(identity, 0x21 | 0x41 | 0x02 | 0x12 | 0x22 | 0x32 | 0x42);
        if !(is_identity && hash_fits && operation_fits && next_fits && EPOCHS.contains(&u32_at(data, 4)?)) {
            return None;
        }
        let size = FIXED_SIZE + (1 << (identity >> 4)) + usize::from(signature >> 4) * 4;
        Some(Self { next, payload: data.get(size..)? })
    }
}

fn carried(data: &[u8]) -> Option<Carried<'_>> {
    let header = Header::read(data).filter(|header| !header.payload.is_empty())?;
    Some(Carried { link_type: link_type::RAW, data: header.payload, scope: 0 })
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "a packet without next header",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x41\x52\x11\x29\x4f\x10\x20\x30\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\
            \x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf\x18\xca\x73\x05\
            \x60\0\0\0\0\0\x3b\x40\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01",
        expect: &[],
    },
    Example {
        title: "heart beat",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x41\x52\x11\x3b\x4f\x10\x20\x31\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\
            \x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf\x18\xca\x73\x05",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_of_another_size_and_a_signature_without_method_are_refused() {
        let answer = |data: &[u8]| probe(&Sample { transport: Transport::Udp, data, ..Sample::EMPTY });
        let [packet, heart_beat] = [EXAMPLES[0].data, EXAMPLES[1].data];
        assert_eq!(answer(&[packet, b"\0"].concat()), Probe::No);
        assert_eq!(answer(&[heart_beat, b"\0"].concat()), Probe::No);
        let mut unsigned = heart_beat.to_vec();
        unsigned[2] = 0x01;
        assert_eq!(answer(&unsigned), Probe::No);
    }
}
