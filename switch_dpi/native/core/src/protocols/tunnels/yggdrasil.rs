//! Yggdrasil, the mesh network (`src/core/version.go` of yggdrasil-network/yggdrasil-go, from version 0.5): the handshake of two peers.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::probing::numbers::u16_at;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

const MAGIC: &[u8] = b"meta";
/// The first field: number 0, two bytes, the major version 0.
const MAJOR: &[u8] = b"\0\0\0\x02\0\0";
/// Where it stands, behind the size of all fields.
const FIELDS: usize = 6;
/// A version, a key, a priority and a signature.
const SIZES: std::ops::RangeInclusive<u16> = 48..=512;

/// Yggdrasil.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "yggdrasil",
    name: "Yggdrasil",
    selector: 1267,
    category: "vpn",
    risk: Some(80),
    tags: &["encrypted"],
    transports: &[Transport::Tcp],
    first_bytes: FirstBytes::Of(b"m"),
    max_probe_size: FIELDS + MAJOR.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let size_fits = u16_at(data, MAGIC.len()).is_none_or(|size| SIZES.contains(&size));
    match (begins(data, MAGIC), begins(data.get(FIELDS..).unwrap_or_default(), MAJOR)) {
        (Beginning::Other, _) | (_, Beginning::Other) => Probe::No,
        _ if !size_fits => Probe::No,
        (_, Beginning::Whole) => matched(98, "handshake", FIELDS + MAJOR.len()),
        _ => Probe::NeedMore,
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "one end",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"meta\0\x71\0\0\0\x02\0\0\0\x01\0\x02\0\x05\0\x02\0\x20\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf",
        expect: &[],
    },
    Example {
        title: "the other end",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"meta\0\x76\0\0\0\x02\0\0\0\x01\0\x02\0\x05\0\x02\0\x20\x18\xca\x73\x05\xde\x42\x99\x6b\xf1\x30\x8e\x57\x61\x19\x20\x11",
        expect: &[],
    },
];
