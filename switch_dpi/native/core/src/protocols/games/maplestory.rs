//! MapleStory over TCP (as open servers of the game describe it): the server greets in the clear with size, version, patch, two
//! initialisation vectors and its region; little-endian.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::server;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Sizes with a patch of no, one, two or three digits.
const SIZES: std::ops::RangeInclusive<u16> = 13..=16;
/// Versions so far.
const VERSIONS: std::ops::RangeInclusive<u16> = 12..=400;
/// Regions: Korea, Japan, China, Test, Southeast Asia, Taiwan, Global, Europe, Brazil.
const REGIONS: std::ops::RangeInclusive<u8> = 1..=9;

/// MapleStory.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "maplestory",
    name: "MapleStory",
    selector: 963,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[8484, 7575],
    first_bytes: FirstBytes::Of(&[13, 14, 15, 16]),
    max_probe_size: 18,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match greeting(sample.data) {
        None => Probe::NeedMore,
        Some(true) => matched(75, "greeting", 15),
        Some(false) => Probe::No,
    }
}

/// `None` while bytes are missing that could still fit.
fn greeting(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    if data.get(1).is_some_and(|upper| *upper != 0) {
        return Some(false);
    }
    let (size, version) = (u16_le(&mut reader)?, u16_le(&mut reader)?);
    if !SIZES.contains(&size) || !VERSIONS.contains(&version) {
        return Some(false);
    }
    let digits = u16_le(&mut reader)?;
    if digits != size - 13 {
        return Some(false);
    }
    let patch = reader.take(usize::from(digits))?;
    reader.take(4 + 4)?;
    let region = reader.u8()?;
    Some(patch.iter().all(u8::is_ascii_digit) && REGIONS.contains(&region) && reader.is_empty())
}

fn u16_le(reader: &mut Reader<'_>) -> Option<u16> {
    reader.array().map(u16::from_le_bytes)
}

const EXAMPLES: &[Example] = &[
    server("version 83, patch 1", b"\x0e\x00\x53\x00\x01\x00\x31\x46\x72\x7a\x52\x52\x30\x78\x73\x08"),
    server("version 62, no patch", b"\x0d\x00\x3e\x00\x00\x00\x46\x72\x7a\x12\x52\x30\x78\x99\x08"),
];
