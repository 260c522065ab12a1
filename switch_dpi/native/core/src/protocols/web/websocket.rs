//! WebSocket (RFC 6455): a service over HTTP, which tells it by its Upgrade field. Here frames of a connection that began unseen
//! are recognised: a client's masked text (§5.3) that is text behind its mask, and short text that both ends exchange.

use std::cmp::Ordering;

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
    risk: Some(20),
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
        return probe_short(sample);
    }
    let Some(mask) = reader.array::<4>() else { return Probe::NeedMore };
    let wanted = size.min(MAX_TEXT_SIZE);
    let there = reader.rest();
    let masked = there.get(..wanted).unwrap_or(there);
    let is_text = masked.iter().zip(mask.iter().cycle()).all(|(byte, key)| is_letter(byte ^ key));
    match is_text {
        false => Probe::No,
        true if masked.len() < wanted => Probe::NeedMore,
        true => Probe::Match(Evidence { confidence: 80, what: "masked text frame", offset: 0, size: 6 }),
    }
}

/// Short text proves little: its frame must end where the data end, and it is not enough without what the other end sends.
fn probe_short(sample: &Sample<'_>) -> Probe {
    const MIN_SHORT_SIZE: usize = 8;
    let matched = |what| Probe::Match(Evidence { confidence: 70, what, offset: 0, size: 2 });
    match (ShortText::read(sample.data), ShortText::read(sample.other)) {
        (ShortText::Whole { size, is_masked: true }, _) if size >= MIN_SHORT_SIZE => matched("short masked text frame"),
        (ShortText::Whole { size, is_masked }, ShortText::Whole { size: answer, is_masked: other })
            if is_masked != other && size + answer >= MIN_SHORT_SIZE =>
        {
            matched("short text frames of both ends")
        }
        (ShortText::Whole { .. }, _) if sample.other.is_empty() => Probe::NeedMore,
        (ShortText::Cut, _) => Probe::NeedMore,
        _ => Probe::No,
    }
}

/// One frame of less than 126 bytes, and no more.
enum ShortText {
    /// It is there to its end, and is text.
    Whole { size: usize, is_masked: bool },
    /// It fits so far.
    Cut,
    /// It is none.
    Other,
}

impl ShortText {
    fn read(data: &[u8]) -> Self {
        let Some(([WHOLE_TEXT, second], rest)) = data.split_first_chunk() else { return Self::Other };
        let (size, is_masked) = (usize::from(second & !MASKED), second & MASKED != 0);
        let (mask, text) = if is_masked {
            let Some((mask, text)) = rest.split_first_chunk::<4>() else { return Self::Cut };
            (*mask, text)
        } else {
            ([0; 4], rest)
        };
        let is_text = text.iter().zip(mask.iter().cycle()).all(|(byte, key)| is_letter(byte ^ key));
        match text.len().cmp(&size) {
            _ if !is_text || size > 125 => Self::Other,
            Ordering::Less => Self::Cut,
            Ordering::Equal => Self::Whole { size, is_masked },
            Ordering::Greater => Self::Other,
        }
    }
}

fn is_letter(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~')
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_text_needs_both_ends_or_eight_letters() {
        let hello = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"; // RFC 6455 §5.7
        let ask = |data, other| probe(&Sample { data, other, ..Sample::EMPTY });
        assert_eq!(ask(hello, b""), Probe::NeedMore);
        assert!(matches!(ask(b"\x81\x05Hello", hello), Probe::Match(_)));
        assert_eq!(ask(b"\x81\x05Hello", b""), Probe::NeedMore);
        assert_eq!(ask(b"\x81\x05Hello there", hello), Probe::No);
        assert_eq!(ask(b"\x81\x05Hello", b"\x81\x05Hello"), Probe::No);
        assert!(matches!(ask(b"\x81\x88\x01\x01\x01\x01abcdefgh", b""), Probe::Match(_)));
    }
}
