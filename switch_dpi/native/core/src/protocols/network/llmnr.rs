//! Link-local multicast name resolution (RFC 4795).

use crate::formats::dns_family::{self, DnsInspector, Family, MAX_PROBE_SIZE};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Transport};

/// LLMNR, as the engine knows it.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "llmnr",
    name: "LLMNR",
    selector: 5355,
    category: "network",
    risk: Some(40),
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[5355],
    max_probe_size: MAX_PROBE_SIZE,
    probe: |sample| dns_family::probe(sample, Family::Llmnr),
    inspector: Some(|| Box::<DnsInspector>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[Example {
    title: "query for a neighbour",
    transport: Transport::Udp,
    direction: Direction::Originator,
    data: b"\x5c\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07printer\x00\x00\x01\x00\x01",
    expect: &[(Attribute::DnsQuery, "printer"), (Attribute::DnsQueryType, "1")],
}];
