//! Fluentd's forward protocol (Forward Protocol Specification v1): MessagePack over TCP.

use crate::bytes::Reader;
use crate::probing::answers::{matched, of_stream};
use crate::probing::beginnings::begins_any;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Tcp;
/// `["HELO", {…}]` of a server with authentication, and the answer to it.
const HANDSHAKES: [&[u8]; 2] = [b"\x92\xa4HELO", b"\x96\xa4PING"];
/// Arrays of two to four elements.
const FIRST_ARRAY: u8 = 0x92;
const LAST_ARRAY: u8 = 0x94;
/// The longest tag that is waited for.
const MAX_TAG_SIZE: u8 = 128;

/// Fluentd.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "fluentd-forward",
    name: "Fluentd",
    selector: 1580,
    transports: &[CARRIER],
    ports: &[24224],
    first_bytes: FirstBytes::Of(&[0x92, 0x93, 0x94, 0x96]),
    max_probe_size: 256,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match begins_any(sample.data, &HANDSHAKES).holds() {
        Some(true) => matched(95, "handshake", 6),
        None => Probe::NeedMore,
        Some(false) => of_stream(is_event(sample.data), 70, "tag and event", 16),
    }
}

/// A tag of text, then an event time (message mode), or an array or a binary of entries that begins with one.
fn is_event(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    if !(FIRST_ARRAY..=LAST_ARRAY).contains(&reader.u8()?) {
        return Some(false);
    }
    let size = match reader.u8()? {
        fixed @ 0xa3..=0xbf => fixed & 0x1f,
        0xd9 => reader.u8()?,
        _ => return Some(false),
    };
    let known = reader.rest().get(..usize::from(size)).unwrap_or(reader.rest());
    if size > MAX_TAG_SIZE || !known.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte)) {
        return Some(false);
    }
    let has_dot = reader.take(usize::from(size))?.contains(&b'.');
    let entries = match reader.u8()? {
        0xd7 => return Some(reader.u8()? == 0),
        0x91..=0x9f => reader,
        0xdc => skip(reader, 2)?,
        0xdd => skip(reader, 4)?,
        0xc4 | 0xd9 => skip(reader, 1)?,
        0xc5 | 0xda => skip(reader, 2)?,
        0xc6 | 0xdb => skip(reader, 4)?,
        _ => return Some(false),
    };
    let mut entry = entries;
    Some(has_dot && entry.u8()? == 0x92 && entry.u8()? == 0xd7 && entry.u8()? == 0)
}

fn skip(mut reader: Reader<'_>, size: usize) -> Option<Reader<'_>> {
    reader.take(size)?;
    Some(reader)
}

const EXAMPLES: &[Example] = &[
    client("one event", b"\x93\xa7app.log\xd7\x00\x69\x55\x34\x00\x00\x00\x00\x00\x81\xa3msg\xa5hello"),
    client(
        "packed entries with an option",
        b"\x93\xa7app.log\xc4\x13\x92\xd7\x00\x69\x55\x34\x00\x00\x00\x00\x00\x81\xa3msg\xa2hi\x81\xa4size\x01",
    ),
    server("server's handshake", b"\x92\xa4HELO\x82\xa5nonce\xc4\x04\x1a\x2b\x3c\x4d\xa4auth\xa0"),
];
