//! Winbox, the administration of MikroTik's RouterOS up to version 6.42: messages of typed fields behind their lengths.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::probing::numbers::u16_at;
use crate::protocol::{Descriptor, Direction, Example, Probe, Sample, Transport};

/// A length, 1, the same length less two, and the mark of a message.
const HEADER_SIZE: usize = 6;
const MAGIC: &[u8] = b"M2";
/// The shortest message has its destination and command.
const MIN_SIZE: u16 = 12;

/// Winbox.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "winbox",
    name: "Winbox",
    selector: 1260,
    category: "remote-access",
    transports: &[Transport::Tcp],
    ports: &[8291],
    max_probe_size: HEADER_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let Some(first) = data.first() else { return Probe::NeedMore };
    if data.get(1).is_some_and(|one| *one != 1) || begins(data.get(4..).unwrap_or_default(), MAGIC) == Beginning::Other
    {
        return Probe::No;
    }
    // a message that is longer than 255 bytes goes in pieces, the first of them full
    let size_fits = |size: u16| {
        if *first == 0xff { size > 0xfd } else { size >= MIN_SIZE && size.checked_add(2) == Some(u16::from(*first)) }
    };
    match u16_at(data, 2) {
        Some(size) if !size_fits(size) => Probe::No,
        Some(_) if data.len() >= HEADER_SIZE => matched(85, "lengths and M2", HEADER_SIZE),
        _ => Probe::NeedMore,
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "question for a list",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x14\x01\0\x12M2\x05\0\xff\x01\x06\0\xff\x09\x07\x07\0\xff\x09\x01\0\0",
        expect: &[],
    },
    Example {
        title: "answer",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\x18\x01\0\x16M2\x01\0\xff\x88\x02\0\0\0\0\0\x02\0\0\0\x02\0\xff\x88\0\0",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_any_size_is_compared_without_harm() {
        for data in [&b"\x20\x01\xff\xffM2"[..], b"\xff\x01\xff\xffM2", b"\x0d\x01\0\x0cM2"] {
            let _answer = probe(&Sample { data, ..Sample::EMPTY });
        }
        assert_eq!(probe(&Sample { data: b"\x20\x01\xff\xffM2", ..Sample::EMPTY }), Probe::No);
    }
}
