//! RTMFP (RFC 7016, RFC 7425 for Flash): start-up packets, whose scrambled session identifier (RFC 7016 §2.2.2) is 0. All else
//! is encrypted.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};

/// The identifier and two blocks of the cipher (AES-128, RFC 7425 §4.2).
const MIN_SIZE: usize = 36;
const BLOCK_SIZE: usize = 16;

/// RTMFP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rtmfp",
    name: "RTMFP",
    selector: 758,
    category: "streaming-protocol",
    tags: &["encrypted"],
    transports: &[Transport::Udp],
    ports: &[1935],
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// The first word is the exclusive or of the next two: 32 bits that fit by chance once in four thousand million datagrams.
fn probe(sample: &Sample<'_>) -> Probe {
    if sample.data.len() < MIN_SIZE || sample.data.len() % BLOCK_SIZE != 4 {
        return Probe::No;
    }
    let mut reader = Reader::new(sample.data);
    let words = [reader.u32(), reader.u32(), reader.u32(), reader.u32()];
    match words {
        [Some(scrambled), Some(first), Some(second), Some(third)] if scrambled == first ^ second => {
            // enciphered bytes differ all over; zeros and counters do not
            let is_mixed = [scrambled, first, second, third].iter().all(|word| (9..=23).contains(&word.count_ones()));
            if is_mixed && is_uneven(sample.data) { matched(60, "RTMFP start-up packet", 12) } else { Probe::No }
        }
        _ => Probe::No,
    }
}

/// Whether the bytes differ as those of a cipher do.
fn is_uneven(data: &[u8]) -> bool {
    let mut seen = [false; 256];
    for byte in data {
        if let Some(mark) = seen.get_mut(usize::from(*byte)) {
            *mark = true;
        }
    }
    seen.iter().filter(|mark| **mark).count() * 10 >= data.len().min(128) * 6
}

const EXAMPLES: &[Example] = &[
    query("initiator's hello", b"\x97\x93\x8f\x1e\x3d\x5a\xc7\x61\xaa\xc9\x48\x7f\x5b\xe1\x0c\xd2\x84\x29\xf6\x13\xb0\x6e\x57\xcd\x72\x18\xe9\x34\xa5\x0f\xdb\x46\x91\x2c\x78\xe3"),
    reply("responder's hello", b"\x2b\xd4\x71\x8e\xc6\x19\xb3\x5a\xed\xcd\xc2\xd4\x37\xa8\x64\xf1\x0b\x92\xde\x45\x7c\xe0\x13\xba\x59\xa6\x2f\xc8\x84\x1d\xf3\x60\x98\x4e\xb7\x05\x6a\xc1\x3f\xd2\x81\x14\xee\x5b\xa3\x70\x99\x26\x4d\xb8\x02\xf7"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_and_repetitions_are_refused() {
        let repeated: Vec<u8> = [1_u8, 2, 3, 4].into_iter().cycle().take(36).collect();
        for data in [&[0; 36][..], &repeated] {
            assert_eq!(probe(&Sample { transport: Transport::Udp, data, ..Sample::EMPTY }), Probe::No);
        }
    }
}
