//! NSH, the Network Service Header (RFC 8300), as the payload of Ethernet.

use crate::frame::link_type;
use crate::probing::answers::matched;
use crate::protocol::{Carried, Descriptor, Direction, Example, Probe, Sample, Transport};

/// Base header and service path header (RFC 8300 §2.1).
const HEADER_SIZE: usize = 8;

/// NSH.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "nsh",
    name: "NSH",
    selector: 1214,
    category: "network",
    transports: &[Transport::EtherType(0x894f)],
    max_probe_size: HEADER_SIZE,
    probe,
    tunnel: Some(carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// Version 0, a length that the metadata type allows (RFC 8300 §2.2).
fn probe(sample: &Sample<'_>) -> Probe {
    match size_and_next(sample.data) {
        Some(_) => matched(100, "NSH base header", HEADER_SIZE),
        None => Probe::No,
    }
}

/// Size of all headers in bytes, and the next protocol.
fn size_and_next(data: &[u8]) -> Option<(usize, u8)> {
    let [first, second, kind, next, ..] = *data.first_chunk::<HEADER_SIZE>()?;
    let words = second & 0x3f;
    let fits = match kind & 0x0f {
        1 => words == 6,
        2 => words >= 2,
        _ => false,
    };
    (first >> 6 == 0 && fits).then_some((usize::from(words) * 4, next))
}

/// Next protocols of RFC 8300 §2.2. The path is no scope: it changes where a function classifies anew.
fn carried(data: &[u8]) -> Option<Carried<'_>> {
    let (size, next) = size_and_next(data)?;
    let link_type = match next {
        1 | 2 => link_type::RAW,
        3 => link_type::ETHERNET,
        4 => link_type::of_ethertype(0x894f),
        5 => link_type::of_ethertype(0x8847),
        _ => return None,
    };
    Some(Carried { link_type, data: data.get(size..)?, scope: 0 })
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "metadata type 1, Ethernet",
        transport: Transport::EtherType(0x894f),
        direction: Direction::Originator,
        data: b"\x0f\xc6\x01\x03\0\0\x2a\xff\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x02\x08\0\
            \x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x01\x0a\0\0\x05\x08\0\xf7\xff\0\0\0\0",
        expect: &[],
    },
    Example {
        title: "metadata type 2 without metadata, IPv4",
        transport: Transport::EtherType(0x894f),
        direction: Direction::Responder,
        data: b"\x0f\xc2\x02\x01\0\0\x2a\xfe\x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x01\x0a\0\0\x05\x08\0\xf7\xff\0\0\0\0",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_are_passed_over() {
        assert!(carried(EXAMPLES[0].data).is_some_and(|inner| inner.data.starts_with(b"\x02\0\x5e\x10\0\x01")));
        assert!(carried(EXAMPLES[1].data).is_some_and(|inner| inner.data.starts_with(b"\x45")));
    }
}
