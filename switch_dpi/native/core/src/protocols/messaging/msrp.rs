//! MSRP (RFC 4975): messages and files within a session that SIP has set up.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::probing::dialogue::is_word_of;
use crate::probing::examples::{client, server};
use crate::probing::lines::{Lines, is_text, split_word};
use crate::probing::numbers::decimal;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// A start line: mark, transaction, method or status.
const MAX_START_LINE_SIZE: usize = 128;
const MARK: &[u8] = b"MSRP ";

/// MSRP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "msrp",
    name: "MSRP",
    selector: 765,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[2855],
    first_bytes: FirstBytes::Of(b"M"),
    max_probe_size: MAX_START_LINE_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if begins(sample.data, MARK) == Beginning::Other {
        return Probe::No;
    }
    match Lines::new(sample.data, 0).next() {
        Some(line) if is_start_line(line) => matched(100, "MSRP start line", line.len()),
        None if sample.data.len() < MAX_START_LINE_SIZE => Probe::NeedMore,
        _ => Probe::No,
    }
}

/// `MSRP d93kswow SEND`, `MSRP d93kswow 200 OK` (RFC 4975 §9).
fn is_start_line(line: &[u8]) -> bool {
    let (transaction, rest) = split_word(split_word(line).1);
    let (kind, _) = split_word(rest);
    let is_status = kind.len() == 3 && decimal(kind).is_some();
    is_text(line)
        && (4..=32).contains(&transaction.len())
        && (is_status || is_word_of(rest, &[b"SEND", b"REPORT", b"AUTH", b"NICKNAME"]))
}

const EXAMPLES: &[Example] = &[
    client("a message", b"MSRP d93kswow SEND\r\nTo-Path: msrp://bob.example.org:8888/9di4;tcp\r\nFrom-Path: msrp://ann.example.org:7777/iau3;tcp\r\n"),
    server("it is taken", b"MSRP d93kswow 200 OK\r\nTo-Path: msrp://ann.example.org:7777/iau3;tcp\r\n"),
];
