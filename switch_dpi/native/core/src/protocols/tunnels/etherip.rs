//! EtherIP, Ethernet in IP (RFC 3378): IP protocol 97.

use crate::frame::link_type;
use crate::probing::answers::matched;
use crate::protocol::{Carried, Descriptor, Direction, Example, Probe, Sample, Transport};

/// Version 3, twelve reserved bits (RFC 3378 §3).
const HEADER: &[u8] = b"\x30\0";
/// Two addresses and a type.
const ETHERNET_SIZE: usize = 14;

/// EtherIP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "etherip",
    name: "EtherIP",
    selector: 1210,
    category: "vpn",
    risk: Some(40),
    transports: &[Transport::Ip(97)],
    max_probe_size: HEADER.len() + ETHERNET_SIZE,
    probe,
    tunnel: Some(carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if carried(sample.data).is_some() { matched(100, "IP protocol 97", HEADER.len()) } else { Probe::No }
}

fn carried(data: &[u8]) -> Option<Carried<'_>> {
    let frame = data.strip_prefix(HEADER).filter(|frame| frame.len() >= ETHERNET_SIZE)?;
    Some(Carried { link_type: link_type::ETHERNET, data: frame, scope: 0 })
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "a question of ARP",
        transport: Transport::Ip(97),
        direction: Direction::Originator,
        data: b"\x30\0\xff\xff\xff\xff\xff\xff\x02\0\x5e\x10\0\x02\x08\x06\0\x01\x08\0\x06\x04\0\x01\x02\0\x5e\x10\0\x02\x0a\0\0\x02\0\0\0\0\0\0\x0a\0\0\x01",
        expect: &[],
    },
    Example {
        title: "its answer",
        transport: Transport::Ip(97),
        direction: Direction::Responder,
        data: b"\x30\0\x02\0\x5e\x10\0\x02\x02\0\x5e\x10\0\x01\x08\x06\0\x01\x08\0\x06\x04\0\x02\x02\0\x5e\x10\0\x01\x0a\0\0\x01\x02\0\x5e\x10\0\x02\x0a\0\0\x02",
        expect: &[],
    },
];
