//! Roughtime (Google's first design, draft-ietf-ntp-roughtime): tagged messages over UDP and TCP.

use crate::bytes::Reader;
use crate::probing::answers::{of_datagram, of_stream};
use crate::probing::beginnings::begins;
use crate::probing::examples::{client, query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Begins a packet of the IETF's design.
const FRAME: &[u8] = b"ROUGHTIM";
/// Tags that stand first or second in a message; padding has two forms.
const TAGS: [&[u8; 4]; 13] = [
    b"NONC", b"PAD\xff", b"PAD\0", b"SIG\0", b"VER\0", b"PATH", b"SREP", b"CERT", b"INDX", b"SRV\0", b"ZZZZ", b"TYPE",
    b"VERS",
];
/// A message has few tags.
const MAX_TAGS: u32 = 16;

/// Roughtime.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "roughtime",
    name: "Roughtime",
    selector: 1588,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[2002, 2003],
    first_bytes: FirstBytes::Where(|byte| byte == b'R' || (1..=16).contains(&byte)),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.transport.is_stream() {
        of_stream(begins(sample.data, FRAME).holds(), 100, "frame", FRAME.len())
    } else if sample.data.starts_with(FRAME) {
        of_datagram(Some(true), 100, "frame", FRAME.len())
    } else {
        of_datagram(is_message(sample.data), 95, "tags", 16)
    }
}

/// The number of tags, the offsets of all values but the first, the tags; numbers are little-endian.
fn is_message(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let count = u32::from_le_bytes(reader.array()?);
    if !(1..=MAX_TAGS).contains(&count) {
        return Some(false);
    }
    let mut last = 0;
    for _ in 1..count {
        let offset = u32::from_le_bytes(reader.array()?);
        if offset < last || !offset.is_multiple_of(4) || offset as usize > data.len() {
            return Some(false);
        }
        last = offset;
    }
    for _ in 0..count {
        if !TAGS.contains(&&reader.array()?) {
            return Some(false);
        }
    }
    Some(true)
}

const EXAMPLES: &[Example] = &[
    query("request of the first design", b"\x02\x00\x00\x00\x08\x00\x00\x00NONCPAD\xff\x1a\x2b\x3c\x4d\x5e\x6f\x70\x81\x00\x00\x00\x00\x00\x00\x00\x00"),
    reply("answer of the first design, shortened values", b"\x05\x00\x00\x00\x08\x00\x00\x00\x08\x00\x00\x00\x0c\x00\x00\x00\x10\x00\x00\x00SIG\x00PATHSREPCERTINDX\x1a\x2b\x3c\x4d\x5e\x6f\x70\x81\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    query("request of the IETF's design", b"ROUGHTIM\x18\x00\x00\x00\x02\x00\x00\x00\x04\x00\x00\x00VER\x00NONC\x01\x00\x00\x00\x1a\x2b\x3c\x4d"),
    client("the same over TCP", b"ROUGHTIM\x18\x00\x00\x00\x02\x00\x00\x00\x04\x00\x00\x00VER\x00NONC\x01\x00\x00\x00\x1a\x2b\x3c\x4d"),
];
