//! Graphite's plaintext protocol (Graphite documentation, "Feeding In Your Data"): `path value time`, over TCP and UDP.

use crate::probing::answers::matched;
use crate::probing::examples::{client, query};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// The longest line that is waited for.
const MAX_LINE_SIZE: usize = 512;
/// Times of ten digits: 2001 to 2286.
const TIME_DIGITS: usize = 10;

/// Graphite.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "graphite",
    name: "Graphite",
    selector: 1576,
    category: "analytics",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[2003],
    first_bytes: FirstBytes::Where(is_first_byte),
    max_probe_size: MAX_LINE_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// A path has dots and no spaces; that much is checked from the first byte on.
fn probe(sample: &Sample<'_>) -> Probe {
    if sample.data.first().is_some_and(|byte| !is_first_byte(*byte)) {
        return Probe::No;
    }
    let end = sample.data.iter().position(|byte| *byte == b'\n');
    let line = sample.data.get(..end.unwrap_or(sample.data.len())).unwrap_or_default();
    let mut words = line.splitn(3, |byte| *byte == b' ');
    let (path, value, time) = (words.next().unwrap_or_default(), words.next(), words.next());
    let is_path_open = path.iter().all(|byte| is_path_byte(*byte));
    let is_path_whole = value.is_none() || path.iter().filter(|byte| **byte == b'.').count() >= 1;
    if !is_path_open || !is_path_whole || !value.is_none_or(may_be_number) || !time.is_none_or(may_be_number) {
        return Probe::No;
    }
    let time = time.map(|time| time.strip_suffix(b"\r").unwrap_or(time));
    let has_time = time.is_some_and(|time| {
        time.split(|byte| *byte == b'.').next().is_some_and(|seconds| seconds.len() == TIME_DIGITS)
    });
    match (end, sample.transport.is_stream()) {
        (Some(end), _) if has_time && value.is_some_and(|value| !value.is_empty()) => matched(75, "metric", end),
        (None, true) => Probe::NeedMore,
        _ => Probe::No,
    }
}

fn is_first_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b';' | b'=' | b':' | b'/')
}

fn may_be_number(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'\r'))
}

const EXAMPLES: &[Example] = &[
    client("two metrics", b"servers.db1.load 0.42 1767225600\nservers.db1.users 3 1767225600\n"),
    query("one metric with tags", b"disk.used;host=db1;mount=var 81.5 1767225600\n"),
];
