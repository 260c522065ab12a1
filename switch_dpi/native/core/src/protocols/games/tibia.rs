//! Tibia since 8.30 over TCP (as OpenTibia describes it): packets of a size and the Adler-32 checksum (RFC 1950 §8.2) of all that
//! follows, both little-endian. The content is encrypted; the checksum is what is recognised.

use crate::probing::answers::matched_if;
use crate::probing::examples::{client, server};
use crate::probing::numbers::{u16_le_at, u32_le_at};
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};

/// Size and checksum.
const HEADER_SIZE: usize = 6;
/// Sizes of a first packet, checksum included: a challenge, a log-in, a list of characters.
const SIZES: std::ops::RangeInclusive<u16> = 8..=511;

/// Tibia.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tibia",
    name: "Tibia",
    selector: 957,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[7171, 7172],
    max_probe_size: 2 + 511,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if data.get(1).is_some_and(|upper| *upper > 1) {
        return Probe::No;
    }
    let (Some(size), Some(sum)) = (u16_le_at(data, 0), u32_le_at(data, 2)) else { return Probe::NeedMore };
    if !SIZES.contains(&size) {
        return Probe::No;
    }
    match data.get(HEADER_SIZE..2 + usize::from(size)) {
        None => Probe::NeedMore,
        Some(content) => matched_if(adler32(content) == sum, 90, "checksum", 6),
    }
}

/// RFC 1950 §8.2.
fn adler32(data: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (a, b) = data.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % MODULUS;
        (a, (b + a) % MODULUS)
    });
    b << 16 | a
}

const EXAMPLES: &[Example] = &[
    client("log-in", b"\x2d\x00\x6c\x09\xb2\x9d\x01\x02\x00\x9a\x04\x00\x01\x02\x03\x30\x31\x32\x33\x34\x35\x36\x37\x38\x39\x61\x62\x63\x64\x65\x66\x30\x31\x32\x33\x34\x35\x36\x37\x38\x39\x61\x62\x63\x64\x65\x66"),
    server("challenge of a game server", b"\x0c\x00\xc8\x01\x51\x05\x06\x00\x1f\x5a\x11\x90\x02\xa5"),
];
