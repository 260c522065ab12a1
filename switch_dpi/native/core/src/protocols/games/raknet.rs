//! RakNet, the transport of many games (Minecraft Bedrock among them): offline messages with their 16 magic bytes, frame
//! sets, and acknowledgements. Offline messages are big-endian, sequence numbers little-endian (the RakNet manual; "Raknet
//! Protocol" in the wiki.vg of Minecraft).

use crate::bytes::Reader;
use crate::probing::answers::{matched, matched_if};
use crate::probing::examples::{query, reply, telling};
use crate::probing::readers::Reading;
use crate::probing::search::has;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// What every offline message carries (the manual's OFFLINE_MESSAGE_DATA_ID).
const MAGIC: &[u8] = b"\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78";
/// Where the answer to a ping carries the server's description, behind the magic bytes and a size.
const DESCRIPTION_AT: usize = 35;
/// Frames of one datagram, or ranges of one acknowledgement, that are walked over.
const MAX_ITEMS: usize = 512;
/// Numbers of datagrams in a row differ by no more.
const MAX_STEP: u32 = 64;

const UNCONNECTED_PONG: u8 = 0x1c;

/// RakNet.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "raknet",
    name: "RakNet",
    selector: 904,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[19132, 19133],
    first_bytes: FirstBytes::Where(
        |byte| matches!(byte, 0x01 | 0x02 | 0x05..=0x08 | 0x11..=0x14 | 0x17 | 0x19 | 0x1a | 0x1c | 0x80..=0x9f | 0xa0 | 0xc0),
    ),
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let Some(first) = data.first().copied() else { return Probe::No };
    let magic_at = match first {
        0x01 | 0x02 => 9,
        UNCONNECTED_PONG => 17,
        0x19 => 2,
        0x05..=0x08 | 0x11..=0x14 | 0x17 | 0x1a => 1,
        0x80..=0x9f => return probe_frames(sample),
        0xa0 | 0xc0 => return matched_if(is_acknowledgement(data), 65, "acknowledgement", 7),
        _ => return Probe::No,
    };
    matched_if(has(data, magic_at, MAGIC), 100, "offline message", 33)
}

/// One datagram is enough where its numbers are small; later ones must go on from each other.
fn probe_frames(sample: &Sample<'_>) -> Probe {
    let Some(number) = number_of_frames(sample.data) else { return Probe::No };
    if number < 0x1_0000 {
        return matched(65, "frame set", 4);
    }
    let mut previous = Reader::new(sample.other);
    let is_frame = previous.u8().is_some_and(|first| matches!(first, 0x80..=0x9f));
    let is_next = is_frame && u24_le(&mut previous).is_some_and(|before| number.wrapping_sub(before) <= MAX_STEP);
    match is_next {
        true => matched(70, "frame sets in a row", 4),
        false if sample.other.is_empty() => Probe::NeedMore,
        false => Probe::No,
    }
}

fn u24_le(reader: &mut Reader<'_>) -> Option<u32> {
    reader.array().map(|[a, b, c]| u32::from_le_bytes([a, b, c, 0]))
}

/// The sequence number of a frame set whose frames end where the datagram ends.
fn number_of_frames(data: &[u8]) -> Option<u32> {
    let mut reader = Reader::new(data);
    reader.u8()?;
    let number = u24_le(&mut reader)?;
    for _ in 0..MAX_ITEMS {
        skip_frame(&mut reader)?;
        if reader.is_empty() {
            return Some(number);
        }
    }
    None
}

/// Flags, size in bits, and the numbers that the reliability (its upper three bits) brings along.
fn skip_frame(reader: &mut Reader<'_>) -> Option<()> {
    const SPLIT: u8 = 0x10;
    let (flags, bits) = (reader.u8()?, reader.u16()?);
    if flags & 0x0f != 0 || bits == 0 || bits % 8 != 0 {
        return None;
    }
    let (reliable, sequenced, ordered) = match flags >> 5 {
        0 => (0, 0, 0),
        1 => (0, 3, 4),
        2 => (3, 0, 0),
        3 => (3, 0, 4),
        4 => (3, 3, 4),
        _ => return None,
    };
    let split = if flags & SPLIT == 0 { 0 } else { 10 };
    reader.take(reliable + sequenced + ordered + split)?;
    reader.take(usize::from(bits / 8)).map(|_| ())
}

/// How many, then single numbers and ranges up to the end.
fn is_acknowledgement(data: &[u8]) -> bool {
    let mut reader = Reader::new(data);
    reader.u8();
    let Some(count) = reader.u16().filter(|count| (1..=512).contains(count)) else { return false };
    for _ in 0..count {
        let is_single = reader.u8();
        let Some(first) = u24_le(&mut reader) else { return false };
        let fits = match is_single {
            Some(0) => u24_le(&mut reader).is_some_and(|last| first <= last && last - first < 0x1000),
            Some(1) => true,
            _ => false,
        };
        if !fits || count == 1 && first >= 0x10_0000 {
            return false;
        }
    }
    reader.is_empty()
}

/// `MCPE;name;protocol;version;…` of Minecraft; other games describe themselves in their own words.
fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    if sample.data.first() != Some(&UNCONNECTED_PONG) || !has(sample.data, 17, MAGIC) {
        return Progress::Settled;
    }
    let mut fields = sample.data.get(DESCRIPTION_AT..).unwrap_or_default().split(|byte| *byte == b';');
    if let (Some(b"MCPE" | b"MCEE"), Some(name)) = (fields.next(), fields.next()) {
        found.set_service("minecraft");
        found.text(Attribute::GameServer, name);
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    query("unconnected ping", b"\x01\x00\x00\x00\x00\x00\x12\x34\x56\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78\x7c\x9e\x3a\x01\x22\x51\x90\xe3"),
    telling(
        reply("unconnected pong of a Minecraft server", b"\x1c\x00\x00\x00\x00\x00\x12\x34\x56\x3a\x01\x22\x51\x90\xe3\x7c\x9e\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78\x00\x2cMCPE;Our village;622;1.20.40;3;10;1234567;map;"),
        &[(Attribute::GameServer, "Our village")],
    ),
    query("open connection request 2", b"\x07\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78\x04\x3f\xff\xfd\xfe\x4a\xbc\x05\x78\x00\x00\x00\x00\x12\x34\x56\x78"),
    query("frame set with a connection request", b"\x84\x00\x00\x00\x40\x00\x90\x00\x00\x00\x09\x00\x00\x00\x00\x49\x0f\x02\x7c\x00\x00\x00\x00\x00\x15\xe9\x3b\x00"),
    reply("acknowledgement of one", b"\xc0\x00\x01\x01\x00\x00\x00"),
    reply("negative acknowledgement of a range", b"\xa0\x00\x01\x00\x07\x00\x00\x09\x00\x00"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_must_end_where_the_datagram_ends() {
        let mut data = EXAMPLES[3].data.to_vec();
        data.push(0);
        assert_eq!(probe(&Sample { data: &data, ..Sample::EMPTY }), Probe::No);
        data.pop();
        data[3] = 9;
        assert_eq!(
            probe(&Sample { data: &data, ..Sample::EMPTY }),
            Probe::NeedMore,
            "a large number waits for the next"
        );
        let other = [0x84, 0xf0, 0xff, 8];
        assert!(matches!(probe(&Sample { data: &data, other: &other, ..Sample::EMPTY }), Probe::Match(_)));
    }
}
