//! BFCP (RFC 8855): who may speak or show in a conference.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::{client, query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Version and flags, primitive, size, conference, transaction, user.
const HEADER_SIZE: usize = 12;
/// The highest primitive (GoodbyeAck) and attribute (RFC 8855 §15).
const MAX_PRIMITIVE: u8 = 18;
const MAX_ATTRIBUTE: u8 = 18;

/// BFCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "bfcp",
    name: "BFCP",
    selector: 767,
    category: "conferencing",
    transports: &[Transport::Udp, Transport::Tcp],
    first_bytes: FirstBytes::Of(&[0x20, 0x30, 0x40, 0x50]),
    max_probe_size: 512,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// Attributes fill what the header tells, which fills a datagram.
fn probe(sample: &Sample<'_>) -> Probe {
    let mut reader = Reader::new(sample.data);
    let (flags, primitive, words) = (reader.u8(), reader.u8(), reader.u16());
    let fits = flags.is_none_or(|flags| DESCRIPTOR.first_bytes.allows(flags))
        && primitive.is_none_or(|primitive| matches!(primitive, 1..=MAX_PRIMITIVE))
        && words.is_none_or(|words| words <= 100);
    let is_stream = sample.transport.is_stream();
    if !fits {
        return Probe::No;
    }
    let ids = (reader.u32(), reader.u16(), reader.u16());
    let (Some(words), (Some(conference), Some(_), Some(_))) = (words, ids) else {
        return if is_stream { Probe::NeedMore } else { Probe::No };
    };
    let size = usize::from(words) * 4;
    match reader.take(size) {
        None if is_stream => Probe::NeedMore,
        Some(attributes) if (is_stream || reader.is_empty()) && conference != 0 => weigh(attributes),
        _ => Probe::No,
    }
}

/// Kind and a flag, size, value, padded to words (RFC 8855 §5.2).
fn weigh(attributes: &[u8]) -> Probe {
    let mut reader = Reader::new(attributes);
    let mut count = 0;
    while let Some(kind) = reader.u8() {
        let Some(size) = reader.u8().filter(|size| *size >= 2 && matches!(kind >> 1, 1..=MAX_ATTRIBUTE)) else {
            return Probe::No;
        };
        let padded = usize::from(size).next_multiple_of(4) - 2;
        let Some(value) = reader.take(padded) else { return Probe::No };
        if value.iter().skip(usize::from(size) - 2).any(|byte| *byte != 0) {
            return Probe::No;
        }
        count += 1;
    }
    match count {
        0 => Probe::NeedMore,
        1 => matched(60, "BFCP message", HEADER_SIZE),
        _ => matched(75, "BFCP message", HEADER_SIZE),
    }
}

const EXAMPLES: &[Example] = &[
    query("the floor is asked for", b"\x20\x01\x00\x01\x00\x00\x00\x2a\x00\x01\x00\x07\x05\x04\x00\x01"),
    reply("its status", b"\x30\x04\x00\x05\x00\x00\x00\x2a\x00\x01\x00\x07\x1f\x10\x00\x01\x0b\x04\x03\x00\x05\x04\x00\x01\x23\x04\x00\x01\x05\x04\x00\x01"),
    client("hello over TCP", b"\x20\x0b\x00\x02\x00\x00\x00\x2a\x00\x02\x00\x07\x05\x04\x00\x01\x05\x04\x00\x02"),
];
