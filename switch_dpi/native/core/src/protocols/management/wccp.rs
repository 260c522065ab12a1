//! WCCP, the Web Cache Communication Protocol: version 1 (draft-forster-wrec-wccp-v1) and version 2 (draft-mclaggan-wccp-v2rev1).

use crate::probing::answers::matched;
use crate::probing::numbers::{u16_at, u32_at};
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// Type, version, length (version 2, §6.1).
const HEADER_SIZE: usize = 8;
/// Here I am, I see you, redirect assignment, removal query.
const TYPES_2: std::ops::RangeInclusive<u32> = 10..=13;
/// Here I am, I see you, assign buckets.
const TYPES_1: std::ops::RangeInclusive<u32> = 7..=9;
const VERSION_1: u32 = 4;
/// Every message of version 2 begins with the security component: type 0, 4 bytes, or 20 with a digest (§6.2).
const SECURITY_SIZES: [u16; 2] = [4, 20];
/// Here I am of version 1: type, version, hash revision, hash information, received id.
const MIN_SIZE_1: usize = 28;

/// WCCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "wccp",
    name: "WCCP",
    selector: 1233,
    category: "network",
    transports: &[Transport::Udp],
    ports: &[2048],
    first_bytes: FirstBytes::Of(&[0]),
    max_probe_size: 16,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    match u32_at(data, 0) {
        Some(kind) if TYPES_2.contains(&kind) => {
            let version_fits = matches!(u16_at(data, 4), Some(0x0200 | 0x0201));
            let size_fits = u16_at(data, 6).is_some_and(|size| usize::from(size) + HEADER_SIZE == data.len());
            let security_fits =
                u16_at(data, 8) == Some(0) && u16_at(data, 10).is_some_and(|size| SECURITY_SIZES.contains(&size));
            if version_fits && size_fits && security_fits { matched(98, "WCCP 2 header", 16) } else { Probe::No }
        }
        Some(kind) if TYPES_1.contains(&kind) && u32_at(data, 4) == Some(VERSION_1) && data.len() >= MIN_SIZE_1 => {
            matched(80, "WCCP 1 header", HEADER_SIZE)
        }
        _ => Probe::No,
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "here I am, version 2, with a service",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\0\0\0\x0a\x02\0\0\x24\0\0\0\x04\0\0\0\0\0\x01\0\x18\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        expect: &[],
    },
    Example {
        title: "I see you, version 2, with a digest",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\0\0\0\x0b\x02\0\0\x18\0\0\0\x14\0\0\0\x01\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf",
        expect: &[],
    },
    Example {
        title: "I see you, version 1",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\0\0\0\x08\0\0\0\x04\0\0\0\x01\0\0\0\x07\0\0\0\x01\xc0\0\x02\x01\0\0\0\0\0\0\0\0",
        expect: &[],
    },
];
