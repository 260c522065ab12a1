//! Graylog Extended Log Format (Graylog documentation): JSON over UDP, whole or in chunks, and over TCP.

use crate::probing::answers::{matched, of_datagram};
use crate::probing::beginnings::begins;
use crate::probing::examples::{client, query};
use crate::probing::readers::StreamReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Sample, Transport};

/// Begins a chunk.
const CHUNK_MAGIC: [u8; 2] = [0x1e, 0x0f];
const MAX_CHUNKS: u8 = 128;
/// Beginnings of what is chunked: gzip, zlib, plain.
const CHUNKED: [&[u8]; 6] = [b"\x1f\x8b\x08", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"{\""];
/// Keys that every message has.
const VERSION: &[u8] = b"\"version\"";
const MESSAGE: &[u8] = b"\"short_message\"";
const HOST: &[u8] = b"\"host\"";
/// They stand within so much, unless the message is long.
const MAX_HEAD_SIZE: usize = 2048;

/// GELF.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "gelf",
    name: "GELF",
    selector: 1579,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[12201],
    first_bytes: FirstBytes::Of(&[CHUNK_MAGIC[0], b'{']),
    max_probe_size: MAX_HEAD_SIZE,
    probe,
    inspector: Some(|| {
        StreamReader::boxed(|sample, found| read(sample.data, found).unwrap_or_default(), MAX_HEAD_SIZE)
    }),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let is_stream = sample.transport.is_stream();
    if !is_stream && sample.data.starts_with(&CHUNK_MAGIC) {
        return of_datagram(is_chunk(sample.data), 65, "first chunk", 12);
    }
    if begins(sample.data, b"{\"").holds().is_some_and(|fits| !fits) {
        return Probe::No;
    }
    let head = sample.data.get(..MAX_HEAD_SIZE).unwrap_or(sample.data);
    let has = |key: &[u8]| head.windows(key.len()).any(|window| window == key);
    if has(MESSAGE) && has(VERSION) && has(HOST) {
        matched(90, "log message", 2)
    } else if is_stream {
        Probe::NeedMore
    } else {
        Probe::No
    }
}

/// Identifier, number, count; the first chunk shows the beginning of what was cut.
fn is_chunk(data: &[u8]) -> Option<bool> {
    let [number, count] = *data.get(10..)?.first_chunk()?;
    let content = data.get(12..)?;
    Some(number == 0 && (2..=MAX_CHUNKS).contains(&count) && CHUNKED.iter().any(|start| content.starts_with(start)))
}

fn read(data: &[u8], found: &mut Findings) -> Option<()> {
    let start = data.windows(HOST.len()).position(|window| window == HOST)? + HOST.len();
    let rest = data.get(start..)?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    found.text(Attribute::SyslogHost, rest.get(..end)?);
    Some(())
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "plain over UDP",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"{\"version\":\"1.1\",\"host\":\"db1\",\"short_message\":\"disk almost full\",\"level\":4}",
        expect: &[(Attribute::SyslogHost, "db1")],
    },
    query(
        "first of two chunks",
        b"\x1e\x0f\x1a\x2b\x3c\x4d\x5e\x6f\x70\x81\x00\x02\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x35\x8e",
    ),
    client(
        "ended by a zero byte over TCP",
        b"{\"version\":\"1.1\",\"host\":\"db1\",\"short_message\":\"started\"}\x00",
    ),
];
