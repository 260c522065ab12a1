//! Ether-S-Bus of Saia Burgess controllers over UDP: size, version, telegram and check sequence (as publicly described).

use crate::formats::checks::crc16_ccitt;
use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Size (4), version, type, sequence number (2), attribute, check sequence (2): an empty response.
const MIN_SIZE: usize = 11;
/// A telegram fits a datagram.
const MAX_SIZE: usize = 1_472;

/// Ether-S-Bus.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ether-s-bus",
    name: "Ether-S-Bus",
    selector: 316,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Udp],
    ports: &[5050],
    first_bytes: FirstBytes::Of(&[0]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let size = cursor.u32()?;
    require((MIN_SIZE..=MAX_SIZE).contains(&sample.data.len()))?;
    require(usize::try_from(size) == Ok(sample.data.len()))?;
    cursor.byte(|version| version <= 1)?;
    cursor.literal(&[0])?; // protocol type
    cursor.u16()?; // sequence number
    cursor.byte(|attribute| attribute <= 2)?;
    let Some((body, crc)) = sample.data.split_last_chunk::<2>() else { return Err(crate::protocol::Probe::No) };
    require(crc16_ccitt(0, body) == u16::from_be_bytes(*crc))?;
    cursor.matched(97, "Ether-S-Bus telegram with its check sequence")
}

const EXAMPLES: &[Example] = &[
    query("request", b"\x00\x00\x00\x0d\x01\x00\x00\x01\x00\x0a\x20\x53\x18"),
    reply("response", b"\x00\x00\x00\x0d\x00\x00\x00\x03\x02\x00\x00\xa3\xd8"),
];
