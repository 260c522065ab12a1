//! RTCM 3 (RTCM 10403), corrections for satellite navigation over TCP and UDP: frames with their check sequence.

use crate::formats::checks::crc24q;
use crate::probing::answers::{Verdict, answer, matched};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{query, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const PREAMBLE: u8 = 0xd3;
const HEADER_SIZE: usize = 3;
const CHECK_SIZE: usize = 3;
/// Message types in use, and those of vendors.
const TYPES: std::ops::RangeInclusive<u16> = 1001..=1305;
const VENDOR_TYPES: std::ops::RangeInclusive<u16> = 4001..=4095;

/// RTCM 3.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rtcm",
    name: "RTCM",
    selector: 359,
    category: "iot",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[2101],
    first_bytes: FirstBytes::Of(&[PREAMBLE]),
    max_probe_size: HEADER_SIZE + 1_023 + CHECK_SIZE,
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(&[PREAMBLE])?;
    let size = cursor.u16()?;
    require((2..=0x03ff).contains(&size))?;
    let kind = cursor.u16()? >> 4;
    require(TYPES.contains(&kind) || VENDOR_TYPES.contains(&kind))?;
    let end = HEADER_SIZE + usize::from(size);
    let missing = if sample.transport.is_stream() { Probe::NeedMore } else { Probe::No };
    let body = sample.data.get(..end).ok_or(missing)?;
    let check = sample.data.get(end..end + CHECK_SIZE).ok_or(missing)?;
    let check = check.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    require(check == crc24q(body))?;
    Ok(matched(95, "frame with its check sequence", end + CHECK_SIZE))
}

const EXAMPLES: &[Example] = &[
    server(
        "position of the reference station",
        b"\xd3\x00\x13\x3e\xd7\xd3\x02\x02\x98\x0e\xde\xef\x34\xb4\xbd\x62\xac\x09\x41\x98\x6f\x33\x36\x0b\x98",
    ),
    query(
        "the same in a datagram",
        b"\xd3\x00\x13\x3e\xd7\xd3\x02\x02\x98\x0e\xde\xef\x34\xb4\xbd\x62\xac\x09\x41\x98\x6f\x33\x36\x0b\x98",
    ),
];
