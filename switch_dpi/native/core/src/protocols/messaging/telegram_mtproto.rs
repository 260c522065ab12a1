//! Telegram's MTProto: the transports that are not obfuscated (abridged, intermediate, padded, full) and calls through a reflector.
//!
//! The obfuscated transport, which most clients use, is made to look random; it is not recognised here.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::{client, query};
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};

/// Begins a connection with the abridged transport.
const ABRIDGED: u8 = 0xef;
/// Begin connections with the intermediate transport and its padded form.
const INTERMEDIATE: [u8; 2] = [0xee, 0xdd];
/// Key identifier, message identifier, size: of messages before there is a key.
const PLAIN_HEADER_SIZE: u32 = 20;
/// The requests and answers of a key exchange are below this.
const MAX_PLAIN_SIZE: u32 = 1024;
/// Key identifier, message key, at least one block of the cipher.
const MIN_ENCRYPTED_SIZE: usize = 40;
/// A reflector's control datagrams hold little more than a clock.
const MAX_CONTROL_SIZE: usize = 100;
/// What follows the tag of a peer in a reflector's control datagrams.
const REFLECTOR_MARK: [u8; 12] = [0xff; 12];
const TAG_SIZE: usize = 16;

/// Telegram.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "telegram-mtproto",
    name: "Telegram",
    selector: 717,
    category: "messaging",
    tags: &["encrypted"],
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[443, 80, 5222],
    max_probe_size: 1100,
    probe,
    app: "telegram",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if !sample.transport.is_stream() {
        return probe_reflector(sample.data);
    }
    match *sample.data {
        [] => Probe::NeedMore,
        [ABRIDGED, ref rest @ ..] => probe_abridged(sample, rest),
        [first, ..] if INTERMEDIATE.contains(&first) => probe_intermediate(sample.data, first),
        _ if sample.other.first() == Some(&ABRIDGED) => probe_abridged_answer(sample),
        _ => probe_full(sample.data),
    }
}

/// Size and payload of an abridged frame: words of four bytes, in one byte or in three (little-endian) behind 0x7f.
fn abridged_frame(data: &[u8]) -> Option<(usize, &[u8])> {
    let mut reader = Reader::new(data);
    let words = match reader.u8()? {
        0x7f => reader.array().map(|[a, b, c]| u32::from_le_bytes([a, b, c, 0]))?,
        words => words.into(),
    };
    Some((usize::try_from(words).ok()?.checked_mul(4)?, reader.rest()))
}

fn probe_abridged(sample: &Sample<'_>, rest: &[u8]) -> Probe {
    let Some((size, payload)) = abridged_frame(rest) else { return Probe::NeedMore };
    if size < MIN_ENCRYPTED_SIZE || size > sample.data.len().max(64 * 1024) {
        return Probe::No;
    }
    match is_plain(payload) {
        Some(true) => return matched(90, "MTProto key exchange, abridged", 22),
        None => return Probe::NeedMore,
        Some(false) => {}
    }
    let answered = abridged_frame(sample.other).is_some_and(|(size, payload)| size > 0 && size == payload.len());
    if payload.len() == size && answered { matched(60, "MTProto frames, abridged", 2) } else { Probe::NeedMore }
}

/// What comes back has no mark of its own.
fn probe_abridged_answer(sample: &Sample<'_>) -> Probe {
    let asked = sample.other.get(1..).and_then(abridged_frame);
    match (asked, abridged_frame(sample.data)) {
        (Some((asked_size, asked)), Some((size, payload)))
            if asked.len() == asked_size && payload.len() == size && size > 0 =>
        {
            matched(60, "MTProto frames, abridged", 1)
        }
        (Some(_), Some((size, payload))) if payload.len() < size => Probe::NeedMore,
        (Some(_), None) => Probe::NeedMore,
        _ => Probe::No,
    }
}

/// Four equal bytes, size (little-endian), payload.
fn probe_intermediate(data: &[u8], first: u8) -> Probe {
    if data.iter().take(4).any(|byte| *byte != first) {
        return Probe::No;
    }
    let Some(rest) = data.get(4..) else { return Probe::NeedMore };
    match Reader::new(rest).array().map(u32::from_le_bytes) {
        None => Probe::NeedMore,
        Some(20..=0x00ff_ffff) => matched(80, "MTProto intermediate transport", 8),
        Some(_) => Probe::No,
    }
}

/// Size of all, sequence number 0, a message without a key (little-endian), checksum.
fn probe_full(data: &[u8]) -> Probe {
    if data.iter().take(16).skip(2).any(|byte| *byte != 0) {
        return Probe::No; // the size is small, sequence number and key are zero
    }
    let mut reader = Reader::new(data);
    let Some(size) = reader.array().map(u32::from_le_bytes) else { return Probe::NeedMore };
    if !(PLAIN_HEADER_SIZE + 12..=MAX_PLAIN_SIZE).contains(&size) || size % 4 != 0 {
        return Probe::No;
    }
    let (Some(_), Some(id)) = (reader.take(12), reader.array().map(u64::from_le_bytes)) else { return Probe::NeedMore };
    let Some(body_size) = reader.array().map(u32::from_le_bytes) else { return Probe::NeedMore };
    let fits = body_size == size - PLAIN_HEADER_SIZE - 12 && id % 4 == 0 && id != 0;
    if fits { matched(95, "MTProto key exchange, full transport", 28) } else { Probe::No }
}

/// Whether a payload is a message without a key: identifier 0, a client's message identifier (divisible by 4), and a size that
/// is small and not 0.
fn is_plain(payload: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(payload);
    let known = payload.len().min(8);
    if payload.iter().take(known).any(|byte| *byte != 0) {
        return Some(false);
    }
    let _key: [u8; 8] = reader.array()?;
    let id = reader.array().map(u64::from_le_bytes)?;
    let size = reader.array().map(u32::from_le_bytes)?;
    Some(id % 4 == 0 && id != 0 && (4..MAX_PLAIN_SIZE).contains(&size))
}

/// The tag of a peer, twelve bytes of ones, a small negative number.
fn probe_reflector(data: &[u8]) -> Probe {
    let mark = data.get(TAG_SIZE..TAG_SIZE + REFLECTOR_MARK.len());
    let kind = data.get(TAG_SIZE + REFLECTOR_MARK.len()..).and_then(<[u8]>::first);
    let tag = data.get(..TAG_SIZE).unwrap_or_default();
    // a tag is random: of 16 bytes at least half differ from all before
    let is_tag = (0..).zip(tag).filter(|(at, byte)| !tag.iter().take(*at).any(|earlier| earlier == *byte)).count() >= 8;
    match kind {
        Some(0xf0..=0xff) if data.len() <= MAX_CONTROL_SIZE && mark == Some(&REFLECTOR_MARK) && is_tag => {
            matched(90, "call through a Telegram reflector", 29)
        }
        _ => Probe::No,
    }
}

const EXAMPLES: &[Example] = &[
    client("abridged: a key is asked for", b"\xef\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x4c\x1f\x2e\x3d\x10\x9b\x65\x66\x14\x00\x00\x00\xf1\x8e\x7e\xbe\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff\x01"),
    client("intermediate", b"\xee\xee\xee\xee\x28\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x4c\x1f\x2e\x3d\x10\x9b\x65\x66\x14\x00\x00\x00\xf1\x8e\x7e\xbe"),
    client("full", b"\x34\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x4c\x1f\x2e\x3d\x10\x9b\x65\x66\x14\x00\x00\x00\x78\x97\x46\x60\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff\x01\x0a\x0b\x0c\x0d"),
    query("a reflector is asked for its delay", b"\x41\x9c\x20\x77\xd3\x0e\x5b\x68\x1f\xaa\x03\x92\xcc\x54\xe1\x36\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff\x10\x32\x54\x76\x98\xba\xdc\xfe"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encrypted_frames_need_both_ends() {
        let mut asks = vec![ABRIDGED, 11];
        asks.extend((0..44_u8).map(|n| n.wrapping_mul(37).wrapping_add(1)));
        let mut answers = vec![12];
        answers.extend([7; 48]);
        assert_eq!(probe(&Sample { data: &asks, ..Sample::EMPTY }), Probe::NeedMore);
        assert!(matches!(probe(&Sample { data: &answers, other: &asks, ..Sample::EMPTY }), Probe::Match(_)));
        answers.push(0);
        assert_eq!(probe(&Sample { data: &answers, other: &asks, ..Sample::EMPTY }), Probe::No);
    }

    #[test]
    fn marks_of_one_byte_only_are_refused() {
        let same = [0xff; 40];
        assert_eq!(probe(&Sample { transport: Transport::Udp, data: &same, ..Sample::EMPTY }), Probe::No);
        for data in [&b"\xef\xbb\xbf<?xml"[..], b"\xee\xee\xee\x00", b"\x16\x03\x01\x02\x00"] {
            assert!(!matches!(probe(&Sample { data, ..Sample::EMPTY }), Probe::Match(_)), "{data:?}");
        }
    }
}
