//! FGFM, between FortiGate and FortiManager: a mark, a size, and lines of text; newer versions hide it in TLS.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::probing::numbers::u32_at;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

const MAGIC: &[u8] = b"\x36\xe0\x11\0";
/// Mark and size, the header counted.
const HEADER_SIZE: usize = 8;
/// A first request names serial number, platform and version.
const MAX_SIZE: u32 = 1 << 16;

/// FGFM.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "fgfm",
    name: "FGFM",
    selector: 1255,
    category: "network",
    transports: &[Transport::Tcp],
    ports: &[541],
    first_bytes: FirstBytes::Of(&[0x36]),
    max_probe_size: HEADER_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match (begins(sample.data, MAGIC), u32_at(sample.data, MAGIC.len())) {
        (Beginning::Other, _) => Probe::No,
        (_, None) => Probe::NeedMore,
        (_, Some(9..=MAX_SIZE)) => matched(95, "FGFM header", HEADER_SIZE),
        _ => Probe::No,
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "request for authentication",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x36\xe0\x11\0\0\0\0\x3fget auth\r\nserialno=FGT60E0000000001\r\nhostname=branch\r\n\r\n\0",
        expect: &[],
    },
    Example {
        title: "reply",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\x36\xe0\x11\0\0\0\0\x1areply 200\r\n\r\n\0\0\0\0\0",
        expect: &[],
    },
];
