//! Games on Epic's servers (Fortnite and others), as observed: the Unreal Engine's stateless handshake over UDP behind the bits
//! that Epic puts in front. The first byte ends in 000111, then 1a 20, a step (0 to 3, in bits 3 and 4), a counter that goes
//! up by eight, and the number of the game's network version, which both ends repeat.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, Byte, fits};
use crate::probing::examples::query;
use crate::probing::search::has;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};
use Byte::{Any, Is};

/// What does not change between versions of the games.
const HEADER: [Byte; 3] = [Any, Is(0x1a), Is(0x20)];
/// The least and largest handshake: 38 bytes, and up to 32 random ones behind.
const SIZES: std::ops::RangeInclusive<usize> = 39..=72;
/// The version and the features of the network.
const VERSION: std::ops::Range<usize> = 5..10;
/// Time and cookie, which a first message leaves empty.
const COOKIE: std::ops::Range<usize> = 12..36;

/// Epic Games.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "epic-games-handshake",
    name: "EpicGames",
    selector: 917,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[9011, 15011],
    first_bytes: FirstBytes::Where(|byte| byte & 0x3f == 0x07),
    probe,
    app: "epic-games",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if !is_header(data) {
        return Probe::No;
    }
    if data.get(COOKIE).is_some_and(|cookie| cookie.iter().all(|byte| *byte == 0)) {
        return matched(90, "first handshake message", 36);
    }
    let version = data.get(VERSION);
    let repeats = |other: &[u8]| other.get(VERSION) == version && is_header_start(other);
    match repeats(sample.other) || repeats(sample.reverse) {
        true => matched(85, "handshake of one version", 10),
        false => Probe::NeedMore,
    }
}

fn is_header(data: &[u8]) -> bool {
    is_header_start(data) && SIZES.contains(&data.len())
}

/// The counter steps by eight; the features' upper byte is zero.
fn is_header_start(data: &[u8]) -> bool {
    let Some([first, _, _, step, counter]) = data.first_chunk() else { return false };
    first & 0x3f == 0x07
        && fits(data, &HEADER) == Beginning::Whole
        && step & 0xe7 == 0
        && counter & 0x07 == 0
        && has(data, 10, &[0])
}

const EXAMPLES: &[Example] = &[
    query("first message of a client", b"\x47\x1a\x20\x00\x08\x98\x22\x65\x74\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\xa1\x3b\x88\x78\x38\x1f"),
    query("its repetition", b"\x87\x1a\x20\x00\x10\x98\x22\x65\x74\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x30\x87\x0a\x98\xc4"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_known_by_the_version_before_it() {
        let data = b"\x47\x1a\x20\x08\x08\x98\x22\x65\x74\x04\0\0\0\0\x34\xb8\x93\x53\x01\x34\x8b\x0f\x8e\xa6\xdd\xf2\xe3\xe3\xe0\x80\xda\x20\x31\x6e\xd5\xd4\x12\x8a\x5a\x79\x29\xcc";
        assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::NeedMore);
        assert!(matches!(probe(&Sample { data, reverse: EXAMPLES[0].data, ..Sample::EMPTY }), Probe::Match(_)));
    }
}
