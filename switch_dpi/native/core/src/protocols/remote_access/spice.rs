//! SPICE, the remote display of virtual machines: the link messages (SPICE protocol, "Connection establishment").

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::probing::numbers::u32_le_at;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

const MAGIC: &[u8] = b"REDQ";
/// Magic, major and minor version, size; little-endian.
const HEADER_SIZE: usize = 16;
/// A link message with capabilities and a reply with a key take some hundred bytes.
const MAX_SIZE: u32 = 4096;

/// SPICE.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "spice",
    name: "SPICE",
    selector: 1248,
    category: "remote-access",
    transports: &[Transport::Tcp],
    ports: &[5900, 5930],
    first_bytes: FirstBytes::Of(b"R"),
    max_probe_size: HEADER_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if begins(data, MAGIC) == Beginning::Other || u32_le_at(data, 4).is_some_and(|major| major > 2) {
        return Probe::No;
    }
    match u32_le_at(data, 12) {
        Some(0..=MAX_SIZE) => matched(100, "link message", HEADER_SIZE),
        Some(_) => Probe::No,
        None => Probe::NeedMore,
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "client asks for the main channel",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"REDQ\x02\0\0\0\x02\0\0\0\x1a\0\0\0\0\0\0\0\x01\0\x01\0\0\0\x01\0\0\0\x12\0\0\0\x09\0\0\0\x0b\0\0\0",
        expect: &[],
    },
    Example {
        title: "server's reply",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"REDQ\x02\0\0\0\x02\0\0\0\xba\0\0\0\0\0\0\0\x30\x81\x9f\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01",
        expect: &[],
    },
];
