//! ZeroTier (`node/Packet.hpp` of zerotier/ZeroTierOne): HELLO goes in clear; later packets are told by the pair of addresses.

use crate::probing::answers::matched;
use crate::probing::inner_packets::looks_encrypted;
use crate::protocol::{Descriptor, Direction, Example, Probe, Sample, Transport};

/// Packet id, two addresses of five bytes, flags, MAC.
const HEADER_SIZE: usize = 27;
const DESTINATION: std::ops::Range<usize> = 8..13;
const SOURCE: std::ops::Range<usize> = 13..18;
const FLAGS: usize = 18;
const VERB: usize = 27;
/// Behind the verb: protocol version, version, revision, time, then the sender's identity, which begins with its address.
const IDENTITY: std::ops::Range<usize> = 41..46;
/// Addresses that begin so are reserved; fragments have it where packets have the source.
const RESERVED: u8 = 0xff;
const HELLO: u8 = 1;

/// ZeroTier.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "zerotier-packet",
    name: "ZeroTier",
    selector: 1223,
    category: "vpn",
    tags: &["encrypted"],
    transports: &[Transport::Udp],
    ports: &[9993],
    max_probe_size: 64,
    probe,
    app: "zerotier",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let Some((destination, source)) = addresses(data) else { return Probe::No };
    if is_hello(data, source) {
        return matched(95, "HELLO with the sender's identity", IDENTITY.end);
    }
    let encrypted = data.get(19..).is_some_and(looks_encrypted);
    let answers = addresses(sample.reverse) == Some((source, destination));
    let continues = addresses(sample.other) == Some((destination, source)) && data.get(..8) != sample.other.get(..8);
    match (encrypted, answers, continues) {
        (true, true, _) => matched(85, "addresses of the other end's packet, turned round", SOURCE.end),
        (true, _, true) => matched(50, "addresses of the packet before", SOURCE.end),
        _ => Probe::NeedMore,
    }
}

/// Destination and source, where both could be addresses that differ and are not of one repeated byte.
fn addresses(data: &[u8]) -> Option<(&[u8], &[u8])> {
    if data.len() <= HEADER_SIZE {
        return None;
    }
    let (destination, source) = (data.get(DESTINATION)?, data.get(SOURCE)?);
    let is_address = |bytes: &[u8]| {
        bytes.first().is_some_and(|first| !matches!(*first, 0 | RESERVED) && bytes.iter().any(|byte| byte != first))
    };
    (is_address(destination) && is_address(source) && destination != source).then_some((destination, source))
}

/// Not encrypted, only authenticated (cipher 0), with its own address in the identity of type 0.
fn is_hello(data: &[u8], source: &[u8]) -> bool {
    let cipher = data.get(FLAGS).map_or(7, |flags| flags >> 3 & 7);
    let verb = data.get(VERB).map(|verb| verb & 0x1f);
    cipher == 0 && verb == Some(HELLO) && data.get(IDENTITY) == Some(source) && data.get(IDENTITY.end) == Some(&0)
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "HELLO to a root",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x3a\x46\xf1\xbf\x30\x9d\x21\x07\x4e\x5a\0\x51\x0c\xb8\xe3\x94\x27\x6d\xaf\
            \x01\x0b\x01\x0a\0\x06\0\0\x01\x8a\x2f\x4e\x10\x77\x9d\x21\x07\x4e\x5a\0\x18\xca\x73\x05\xde\x42\x99\x6b\xf1\x30\x8e\x57",
        expect: &[],
    },
    Example {
        title: "HELLO of another node",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x13\x77\x20\x0a\xfe\x31\xc6\x18\x9d\x21\x07\x4e\x5a\x77\x8c\xde\x71\x90\x01\x0c\x51\xe3\xb8\x94\x6d\x27\xaf\
            \x01\x0b\x01\x0c\0\x02\0\0\x01\x8a\x2f\x4e\x20\x31\x77\x8c\xde\x71\x90\0\xca\x18\x73\x05\xde\x42\x99\x6b\xf1\x30\x8e\x57",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_addresses_turned_round() {
        let mut asked = EXAMPLES[0].data.to_vec();
        asked[FLAGS] = 0x08;
        let mut answer = asked.clone();
        answer[DESTINATION].copy_from_slice(&asked[SOURCE]);
        answer[SOURCE].copy_from_slice(&asked[DESTINATION]);
        let sample = Sample { transport: Transport::Udp, data: &asked, ..Sample::EMPTY };
        assert_eq!(probe(&sample), Probe::NeedMore);
        assert!(
            matches!(probe(&Sample { data: &answer, reverse: &asked, ..sample }), Probe::Match(e) if e.confidence == 85)
        );
    }
}
