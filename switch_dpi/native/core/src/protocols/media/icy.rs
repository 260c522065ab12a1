//! SHOUTcast and Icecast: the status line of a radio's stream, and how sources hand in theirs.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins_any, probe_beginning};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Of the server: a status line of its own, and the answer to a source's password.
const BEGINNINGS: &[&[u8]] = &[b"ICY 200 OK\r\n", b"ICY 4", b"ICY 3", b"OK2\r\nicy-caps:", b"OK2\r\n"];
/// A request line with a version of its own stands within this.
const MAX_REQUEST_SIZE: usize = 512;

/// SHOUTcast.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "icy",
    name: "ShoutCast",
    selector: 760,
    category: "streaming-protocol",
    transports: &[Transport::Tcp],
    ports: &[8000, 8001],
    first_bytes: FirstBytes::Of(b"IOS"),
    max_probe_size: MAX_REQUEST_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match begins_any(sample.data, &[b"SOURCE "]) {
        Beginning::Other => probe_beginning(sample, BEGINNINGS, 90, "ICY status line"),
        Beginning::Partial => Probe::NeedMore,
        Beginning::Whole => match sample.data.iter().position(|byte| *byte == b'\n') {
            Some(end) if sample.data.get(..end).is_some_and(is_source) => matched(90, "request of a source", end),
            None if sample.data.len() < MAX_REQUEST_SIZE => Probe::NeedMore,
            _ => Probe::No,
        },
    }
}

/// `SOURCE /mount ICE/1.0`, also with HTTP's version.
fn is_source(line: &[u8]) -> bool {
    let version = line.rsplit(|byte| *byte == b' ').next().unwrap_or_default().trim_ascii_end();
    version.starts_with(b"ICE/1.") || version.starts_with(b"HTTP/1.")
}

const EXAMPLES: &[Example] = &[
    server("a radio's stream", b"ICY 200 OK\r\nicy-name:Example FM\r\nicy-br:128\r\ncontent-type:audio/mpeg\r\n\r\n"),
    client("a source", b"SOURCE /live ICE/1.0\r\nAuthorization: Basic c291cmNlOng=\r\nice-name: Example\r\n\r\n"),
    server("a source's password is right", b"OK2\r\nicy-caps:11\r\n\r\n"),
];
