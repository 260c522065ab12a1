//! Radmin, the remote administrator, versions 2 and 3: a type of 1, the size and the sum of the bytes that follow.

use crate::probing::answers::matched;
use crate::probing::numbers::u32_at;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// Type, size, sum of bytes, both big-endian.
const HEADER_SIZE: usize = 9;
const TYPE: u8 = 1;
/// The first message of a client has one byte, that of a server some tens.
const SIZES: std::ops::RangeInclusive<u32> = 1..=255;
/// All first messages begin with it.
const FIRST_BYTE: u8 = 8;

/// Radmin.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "radmin-session",
    name: "Radmin",
    selector: 1243,
    category: "remote-access",
    transports: &[Transport::Tcp],
    ports: &[4899],
    first_bytes: FirstBytes::Of(&[TYPE]),
    max_probe_size: HEADER_SIZE + 255,
    probe,
    app: "radmin",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let start_fits = data.iter().zip([TYPE, 0, 0, 0]).all(|(byte, wanted)| *byte == wanted);
    let sum_start_fits = data.iter().skip(5).take(2).all(|byte| *byte == 0);
    if !start_fits || !sum_start_fits || data.get(HEADER_SIZE).is_some_and(|byte| *byte != FIRST_BYTE) {
        return Probe::No;
    }
    let (Some(size), Some(sum)) = (u32_at(data, 1), u32_at(data, 5)) else { return Probe::NeedMore };
    if !SIZES.contains(&size) {
        return Probe::No;
    }
    let body = data.get(HEADER_SIZE..).unwrap_or_default();
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    match body.get(..size) {
        Some(body) if body.iter().map(|byte| u32::from(*byte)).sum::<u32>() == sum => {
            matched(95, "first message with its sum", HEADER_SIZE + size)
        }
        Some(_) => Probe::No,
        None => Probe::NeedMore,
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "client",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x01\0\0\0\x01\0\0\0\x08\x08",
        expect: &[],
    },
    Example {
        title: "server",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\x01\0\0\0\x06\0\0\0\x24\x08\x02\0\0\x0a\x10",
        expect: &[],
    },
];
