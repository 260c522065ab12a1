//! WebSocket (RFC 6455): a service over HTTP, which tells it by its Upgrade field. Here frames of a connection that began unseen
//! are recognised: a client's masked text (§5.3) that is text behind its mask.

use crate::bytes::Reader;
use crate::protocol::{Descriptor, Direction, Evidence, Example, FirstBytes, Probe, Sample, Transport};

/// FIN and the operation code of text (§5.2).
const WHOLE_TEXT: u8 = 0x81;
const MASKED: u8 = 0x80;
/// Letters that must stand behind the mask: each is one byte in 2.7 by chance.
const MIN_TEXT_SIZE: usize = 24;
/// Letters looked at.
const MAX_TEXT_SIZE: usize = 256;

/// WebSocket.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "websocket",
    name: "WebSocket",
    selector: 219,
    category: "web",
    transports: &[Transport::Tcp],
    first_bytes: FirstBytes::Of(&[WHOLE_TEXT]),
    max_probe_size: 14 + MAX_TEXT_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let mut reader = Reader::new(sample.data);
    if reader.u8().is_some_and(|first| first != WHOLE_TEXT) {
        return Probe::No;
    }
    let Some(second) = reader.u8() else { return Probe::NeedMore };
    let size = match second & !MASKED {
        short @ 0..=125 => usize::from(short),
        126 => match reader.u16() {
            Some(size) if size > 125 => usize::from(size),
            Some(_) => return Probe::No,
            None => return Probe::NeedMore,
        },
        _ => return Probe::No, // no text of 64 KB is sent in one frame
    };
    if second & MASKED == 0 || size < MIN_TEXT_SIZE {
        return Probe::No;
    }
    let Some(mask) = reader.array::<4>() else { return Probe::NeedMore };
    let wanted = size.min(MAX_TEXT_SIZE);
    let there = reader.rest();
    let masked = there.get(..wanted).unwrap_or(there);
    let is_text = masked.iter().zip(mask.iter().cycle()).all(|(byte, key)| matches!(byte ^ key, b'\t' | b'\n' | b'\r' | b' '..=b'~'));
    match is_text {
        false => Probe::No,
        true if masked.len() < wanted => Probe::NeedMore,
        true => Probe::Match(Evidence { confidence: 80, what: "masked text frame", offset: 0, size: 6 }),
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "masked text",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x81\x9d\x01\x02\x03\x04\x7a\x20\x70\x71\x63\x71\x60\x76\x68\x60\x66\x26\x3b\x20\x73\x76\x68\x61\x66\x77\x23\x2e\x21\x6d\x65\x20\x39\x35\x7c",
        expect: &[],
    },
    Example {
        title: "masked text with a longer size",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\x81\xfe\x00\x80\x20\x20\x20\x20\x5b\x02\x54\x59\x50\x45\x02\x1a\x02\x4d\x45\x53\x53\x41\x47\x45\x02\x0c\x02\x54\x45\x58\x54\x02\x1a\x02\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x02\x5d",
        expect: &[],
    },
];
