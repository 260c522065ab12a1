//! Nebula, the overlay network (`header/header.go` of slackhq/nebula): 16 bytes in clear, the rest is Noise.

use crate::probing::answers::matched;
use crate::probing::inner_packets::counts_up;
use crate::probing::numbers::u32_at;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// Version and type, subtype, reserved, remote index, counter.
const HEADER_SIZE: usize = 16;
/// A handshake packet carries at least a key.
const MIN_HANDSHAKE_SIZE: usize = HEADER_SIZE + 32;
/// Packets that may be missing between two that are compared.
const MAX_GAP: u32 = 256;

/// Nebula.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "nebula",
    name: "Nebula",
    selector: 1221,
    category: "vpn",
    tags: &["encrypted"],
    transports: &[Transport::Udp],
    ports: &[4242],
    first_bytes: FirstBytes::Where(|byte| matches!(byte, 0x10..=0x16)),
    max_probe_size: HEADER_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// The first handshake packet has no index yet, and both have their counters: 1 and 2. Others must follow one.
fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let (Some([kind, subtype, 0, 0]), Some(index), Some(0), Some(counter)) =
        (data.first_chunk(), u32_at(data, 4), u32_at(data, 8), u32_at(data, 12))
    else {
        return Probe::No;
    };
    if !matches!(kind, 0x10..=0x16) || *subtype > 2 {
        return Probe::No;
    }
    let is_handshake = *kind == 0x10 && data.len() >= MIN_HANDSHAKE_SIZE;
    let has_content = data.get(HEADER_SIZE..).is_some_and(|rest| rest.iter().take(32).filter(|b| **b == 0).count() < 8);
    let follows = sample.other.get(..8) == data.get(..8)
        && u32_at(sample.other, 12).is_some_and(|before| counts_up(before, counter, MAX_GAP));
    match (index, counter) {
        (0, 1) if is_handshake && has_content => matched(90, "handshake, first packet", HEADER_SIZE),
        (1.., 2) if is_handshake && has_content => matched(85, "handshake, second packet", HEADER_SIZE),
        (1.., 1..) if follows => matched(85, "packets of one index", HEADER_SIZE),
        (1.., 1..) => Probe::NeedMore,
        _ => Probe::No,
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "handshake, first packet",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x0a\x20\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf\x18\xca\x73\x05\xde\x42\x99\x6b\xf1\x30\x8e\x57\x61\x19\x20\x11\x1a\x04",
        expect: &[],
    },
    Example {
        title: "handshake, second packet",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x10\0\0\0\x9a\x31\x07\xc2\0\0\0\0\0\0\0\x02\x0a\x20\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf\x18\xca\x73\x05\xde\x42\x99\x6b\xf1\x30\x8e\x57\x61\x19\x20\x11\x1a\x04",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_need_one_before() {
        let message = |counter: u8| [b"\x11\0\0\0\x9a\x31\x07\xc2\0\0\0\0\0\0\0".to_vec(), vec![counter; 30]].concat();
        let (first, second) = (message(7), message(8));
        let sample = Sample { transport: Transport::Udp, data: &first, ..Sample::EMPTY };
        assert_eq!(probe(&sample), Probe::NeedMore);
        assert!(matches!(probe(&Sample { data: &second, other: &first, ..sample }), Probe::Match(_)));
    }
}
