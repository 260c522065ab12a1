//! FLUTE file delivery (RFC 3926, RFC 6726) over Asynchronous Layered Coding (RFC 5775) in LCT packets (RFC 5651).

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
/// LCT version 1 in the upper four bits (RFC 5651 §5.1).
const VERSION: u8 = 1;
/// Header extensions from 128 on have one word (RFC 5651 §5.2); that of the file delivery table (RFC 6726 §3.4.1).
const FIRST_SHORT_EXTENSION: u8 = 128;
const EXTENSION_TABLE: u8 = 192;

/// FLUTE.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "flute",
    name: "FLUTE",
    selector: 1594,
    category: "streaming-protocol",
    transports: &[CARRIER],
    ports: &[4001],
    first_bytes: FirstBytes::Where(|byte| byte >> 4 == VERSION && byte & 0x03 == 0),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// A table's packet is certain; others only show an LCT header, so the next is awaited.
fn probe(sample: &Sample<'_>) -> Probe {
    match read(sample.data) {
        Some(true) => matched(85, "file delivery table", 16),
        Some(false) => Probe::NeedMore,
        None => Probe::No,
    }
}

/// Whether it is a table's packet; `None` where no LCT header can be.
fn read(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let [first, flags, words, _codepoint] = reader.array()?;
    if first >> 4 != VERSION || first & 0x03 != 0 || flags & 0x0c != 0 {
        return None;
    }
    let half = usize::from(flags >> 4 & 1) * 2;
    let control = 4 * (usize::from(first >> 2 & 3) + 1);
    let session = 4 * usize::from(flags >> 7) + half;
    let object = 4 * usize::from(flags >> 5 & 3) + half;
    let header = data.get(..usize::from(words) * 4)?;
    let mut reader = Reader::new(header.get(4..)?);
    reader.take(control + session)?;
    let is_table_object = object > 0 && reader.take(object)?.iter().all(|byte| *byte == 0);
    let mut is_table = false;
    while !reader.is_empty() {
        let [kind, second] = reader.array()?;
        let words = if kind >= FIRST_SHORT_EXTENSION { 1 } else { usize::from(second) };
        reader.take((words * 4).checked_sub(2)?)?;
        is_table |= kind == EXTENSION_TABLE && matches!(second >> 4, 1 | 2);
    }
    Some(is_table && is_table_object)
}

const EXAMPLES: &[Example] = &[
    query("file delivery table", b"\x10\xa0\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\xc0\x10\x00\x01\x40\x04\x00\x00\x00\x00\x06\x00\x00\x00\x00\x10\x00\x10\x00\x00\x00\x00\x00\x00<?xml version=\"1.0\"?><FDT-Instance Expires=\"1\"/>"),
    query("table of version 2 with half-word identifiers", b"\x10\x30\x05\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x20\x00\x02\x00\x00\x00\x00<FDT-Instance Expires=\"1\">"),
];
