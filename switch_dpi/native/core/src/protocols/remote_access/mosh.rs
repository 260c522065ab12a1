//! Mosh, the mobile shell (Winstein and Balakrishnan, "Mosh: An Interactive Remote Shell for Mobile Clients", §2.2): datagrams begin
//! with the nonce in clear: one bit of direction and a sequence number of 63 bits.

use crate::probing::answers::matched;
use crate::probing::inner_packets::looks_encrypted;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// The highest bit is set from server to client.
const FROM_SERVER: u64 = 1 << 63;
/// Nonce, two times of 16 bits, a fragment's header of ten bytes, and a tag of 16, encrypted.
const MIN_SIZE: usize = 8 + 4 + 10 + 16;
/// Sequence numbers of the datagrams that are compared.
const MAX_SEQUENCE: u64 = 1 << 24;
/// Datagrams that may be missing between two.
const MAX_GAP: u64 = 16;

/// Mosh.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mosh",
    name: "Mosh",
    selector: 1251,
    category: "remote-access",
    tags: &["encrypted"],
    transports: &[Transport::Udp],
    ports: &[60001],
    first_bytes: FirstBytes::Of(&[0, 0x80]),
    max_probe_size: MIN_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// One datagram alone is a guess; the other direction's with the other bit, or the next number, make it firm.
fn probe(sample: &Sample<'_>) -> Probe {
    let Some((bit, sequence)) = nonce(sample.data) else { return Probe::No };
    let encrypted = sample.data.get(8..).is_some_and(looks_encrypted);
    if sample.data.len() < MIN_SIZE || sequence >= MAX_SEQUENCE || !encrypted {
        return Probe::No;
    }
    let answers = nonce(sample.reverse).is_some_and(|(other, number)| other != bit && number < MAX_SEQUENCE);
    let before = nonce(sample.other).filter(|(same, _)| *same == bit);
    let follows = before.is_some_and(|(_, number)| (1..=MAX_GAP).contains(&sequence.wrapping_sub(number)));
    match (answers, follows) {
        (true, _) => matched(80, "nonces of both directions", 8),
        (_, true) => matched(if bit == FROM_SERVER { 65 } else { 50 }, "nonces that count up", 8),
        _ => matched(40, "nonce of a first datagram", 8),
    }
}

fn nonce(data: &[u8]) -> Option<(u64, u64)> {
    let number = u64::from_be_bytes(*data.first_chunk()?);
    Some((number & FROM_SERVER, number & !FROM_SERVER))
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "first datagram of a client",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\0\0\0\0\0\0\0\0\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf\x18\xca\x73\x05\xde\x42\x99\x6b\xf1\x30\x8e\x57\x61\x19\x20\x11\x1a\x04",
        expect: &[],
    },
    Example {
        title: "a datagram of a server",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x80\0\0\0\0\0\0\x03\x94\x27\x6d\xaf\x18\xca\x73\x05\xde\x42\x99\x6b\xf1\x30\x8e\x57\x61\x19\x20\x11\x1a\x04\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_direction_makes_it_firm() {
        let (client, server) = (EXAMPLES[0].data, EXAMPLES[1].data);
        let sample = Sample { transport: Transport::Udp, data: client, ..Sample::EMPTY };
        assert!(matches!(probe(&sample), Probe::Match(e) if e.confidence == 40));
        assert!(matches!(probe(&Sample { reverse: server, ..sample }), Probe::Match(e) if e.confidence == 80));
        assert!(matches!(probe(&Sample { reverse: client, ..sample }), Probe::Match(e) if e.confidence == 40));
    }
}
