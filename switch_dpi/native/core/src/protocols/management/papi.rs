//! PAPI, between Aruba's access points and controllers (`packet-papi.c` names its fields): mark, version, addresses, ports.

use crate::probing::answers::matched;
use crate::probing::numbers::u16_at;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

const PORT: u16 = 8211;
const MAGIC: [u8; 2] = *b"Ir";
/// Mark, version, two addresses, ports, type, size, sequence number, code, checksum.
const HEADER_SIZE: usize = 44;
const VERSIONS: std::ops::RangeInclusive<u16> = 1..=8;

/// PAPI.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "papi",
    name: "Aruba PAPI",
    selector: 1254,
    category: "network",
    risk: Some(20),
    transports: &[Transport::Udp],
    ports: &[PORT],
    first_bytes: FirstBytes::Of(b"I"),
    max_probe_size: HEADER_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// 30 bits alone; at its port, or when the one before begins alike, it is firm.
fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let version_fits = u16_at(data, 2).is_some_and(|version| VERSIONS.contains(&version));
    if !data.starts_with(&MAGIC) || !version_fits || data.len() < HEADER_SIZE {
        return Probe::No;
    }
    let is_repeated = data.get(..4) == sample.other.get(..4) || data.get(..4) == sample.reverse.get(..4);
    let is_usual_port = sample.responder_port == PORT || sample.originator_port == PORT;
    matched(if is_usual_port || is_repeated { 75 } else { 50 }, "PAPI header", 4)
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "to a controller",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"Ir\0\x02\xc0\0\x02\x01\xc0\0\x02\x07\0\0\0\0\x20\x13\x20\x13\0\0\0\x2c\0\x07\0\x01\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf\x01\x02",
        expect: &[],
    },
    Example {
        title: "to an access point",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"Ir\0\x02\xc0\0\x02\x07\xc0\0\x02\x01\0\0\0\0\x20\x13\x20\x13\0\0\0\x2c\0\x08\0\x02\x15\x8b\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf\x01\x02",
        expect: &[],
    },
];
