//! The transport of Sony Online Entertainment (EverQuest, Star Wars Galaxies, PlanetSide, H1Z1) over UDP, as its open servers
//! describe it: number of the message in two bytes; a session's request and answer tell what both ends agree on; big-endian.

use crate::probing::answers::{matched, matched_if};
use crate::probing::beginnings::{Beginning, Byte, fits};
use crate::probing::examples::query;
use crate::probing::numbers::u32_at;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};
use Byte::{Any, In, Is};

/// Request: number 1, version of the protocol, session, largest datagram (about 500 bytes).
const REQUEST: [Byte; 14] =
    [Is(0), Is(1), Is(0), Is(0), Is(0), In(2, 4), Any, Any, Any, Any, Is(0), Is(0), In(1, 2), Any];
/// Answer: number 2, session, seed of the checksum, its size, flags, largest datagram.
const ANSWER: [Byte; 17] =
    [Is(0), Is(2), Any, Any, Any, Any, Any, Any, Any, Any, In(0, 4), In(0, 4), In(0, 4), Is(0), Is(0), In(1, 2), Any];
/// Size of an answer, without the version behind.
const ANSWER_SIZE: std::ops::RangeInclusive<usize> = 17..=21;

/// Sony Online Entertainment.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "soe",
    name: "SOE",
    selector: 970,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[5998, 9000, 20042, 44453],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let has_session = u32_at(data, 6).is_some_and(|session| session > 0xffff);
    if fits(data, &REQUEST) == Beginning::Whole && has_session {
        return matched(95, "session request", 14);
    }
    let is_answer = fits(data, &ANSWER) == Beginning::Whole && ANSWER_SIZE.contains(&data.len());
    let is_asked = fits(sample.reverse, &REQUEST) == Beginning::Whole && sample.reverse.get(6..10) == data.get(2..6);
    matched_if(is_answer && is_asked, 90, "session answer", 17)
}

const EXAMPLES: &[Example] = &[
    query("EverQuest", b"\x00\x01\x00\x00\x00\x02\x5a\x11\x90\x02\x00\x00\x02\x00"),
    query("PlanetSide 2", b"\x00\x01\x00\x00\x00\x03\x33\x0e\x77\x21\x00\x00\x02\x00LoginUdp_9\0"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_known_by_the_session() {
        let data = b"\x00\x02\x5a\x11\x90\x02\x01\x02\x03\x04\x02\x01\x04\x00\x00\x02\x00";
        let sample = Sample { data, ..Sample::EMPTY };
        assert_eq!(probe(&sample), Probe::No);
        assert!(matches!(probe(&Sample { reverse: EXAMPLES[0].data, ..sample }), Probe::Match(_)));
    }
}
