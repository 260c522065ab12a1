//! OpenFlow 1.0 to 1.5 (OpenFlow Switch Specification §A): both ends begin with HELLO.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::server;
use crate::probing::readers::StreamReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Tcp;
/// Version, type, size, transaction.
const HEADER_SIZE: u16 = 8;
const MAX_VERSION: u8 = 6;
const HELLO: u8 = 0;
/// A HELLO's element that lists versions (1.3.1 §7.5.1): type 1, and a size.
const VERSION_BITMAP: u16 = 1;
/// 1.3; its wire version.
const FIRST_WITH_ELEMENTS: u8 = 4;
const MAX_HELLO_SIZE: u16 = 64;
/// Messages looked at in one direction.
const MAX_MESSAGES: usize = 3;

/// OpenFlow.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "openflow",
    name: "OpenFlow",
    selector: 1568,
    risk: Some(40),
    transports: &[CARRIER],
    ports: &[6633, 6653],
    first_bytes: FirstBytes::Where(|byte| matches!(byte, 1..=MAX_VERSION)),
    max_probe_size: 512,
    probe,
    inspector: Some(|| StreamReader::boxed(|sample, found| read(sample.data, found).unwrap_or_default(), 1)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// One HELLO without elements is weak; a bitmap, a second message or the other end's HELLO makes it firm.
fn probe(sample: &Sample<'_>) -> Probe {
    let (Some(mine), Some(theirs)) = (count_messages(sample.data), count_messages(sample.other)) else {
        return Probe::No;
    };
    match mine + theirs {
        0 => Probe::NeedMore,
        1 => matched(55, "HELLO", HEADER_SIZE.into()),
        2 => matched(75, "messages", HEADER_SIZE.into()),
        _ => matched(90, "messages", HEADER_SIZE.into()),
    }
}

/// How many messages have arrived, a version bitmap counted as two; `None` where something else stands.
fn count_messages(data: &[u8]) -> Option<usize> {
    let (mut reader, mut count) = (Reader::new(data), 0);
    for index in 0..MAX_MESSAGES {
        let head = reader.rest();
        let fits = |at: usize, test: &dyn Fn(u8) -> bool| head.get(at).is_none_or(|byte| test(*byte));
        let is_kind = |kind: u8| if index == 0 { kind == HELLO } else { least_size(kind).is_some() };
        if !fits(0, &|version| (1..=MAX_VERSION).contains(&version)) || !fits(1, &is_kind) || !fits(2, &|high| high < 8)
        {
            return None;
        }
        let (Some([version, kind]), Some(size)) = (reader.array(), reader.u16()) else { return Some(count) };
        if size < least_size(kind)? || (kind == HELLO && size > MAX_HELLO_SIZE) {
            return None;
        }
        let Some(body) = reader.take(usize::from(size) - 4) else { return Some(count) };
        let elements = body.get(4..).unwrap_or_default();
        let has_bitmap = kind == HELLO && !elements.is_empty();
        if has_bitmap && !(version >= FIRST_WITH_ELEMENTS && is_bitmap(elements)) {
            return None;
        }
        count += if has_bitmap { 3 } else { 1 };
    }
    Some(count)
}

/// Type, a size that fits, bitmaps of versions.
fn is_bitmap(elements: &[u8]) -> bool {
    let mut reader = Reader::new(elements);
    let (kind, size) = (reader.u16(), reader.u16());
    kind == Some(VERSION_BITMAP) && size.is_some_and(|size| size >= 8 && usize::from(size) <= elements.len())
}

/// The least size of a message that may follow a HELLO early; others are not expected.
const fn least_size(kind: u8) -> Option<u16> {
    match kind {
        0 | 2 | 3 | 5 | 7 | 20 | 21 => Some(HEADER_SIZE),
        1 | 8 | 9 => Some(12),
        4 | 10 | 13 | 14 | 16 | 18 | 19 => Some(12),
        6 | 24 | 25 => Some(24),
        _ => None,
    }
}

fn read(data: &[u8], found: &mut Findings) -> Option<()> {
    found.uint(Attribute::OpenflowVersion, (*data.first()?).into());
    Some(())
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "HELLO of 1.0 and a request for features",
        transport: CARRIER,
        direction: Direction::Responder,
        data: b"\x01\x00\x00\x08\x00\x00\x00\x01\x01\x05\x00\x08\x00\x00\x00\x02\x01\x07\x00\x08\x00\x00\x00\x03",
        expect: &[(Attribute::OpenflowVersion, "1")],
    },
    server("HELLO of 1.3 with its bitmap", b"\x04\x00\x00\x10\x00\x00\x00\x0b\x00\x01\x00\x08\x00\x00\x00\x12"),
];
