//! Multicast DNS (RFC 6762).

use crate::formats::dns_family::{self, DnsInspector, Family, MAX_PROBE_SIZE};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Transport};

/// mDNS, as the engine knows it.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mdns",
    name: "mDNS",
    selector: 5353,
    category: "network",
    transports: &[Transport::Udp],
    ports: &[5353],
    max_probe_size: MAX_PROBE_SIZE,
    probe: |sample| dns_family::probe(sample, Family::Mdns),
    inspector: Some(|| Box::<DnsInspector>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "question for a service",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04_ipp\x04_tcp\x05local\x00\x00\x0c\x80\x01",
        expect: &[(Attribute::DnsQuery, "_ipp._tcp.local"), (Attribute::DnsQueryType, "12")],
    },
    Example {
        title: "announcement of an address",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x00\x00\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00\x04host\x05local\x00\x00\x01\x80\x01\
                \x00\x00\x00\x78\x00\x04\xc0\x00\x02\x07",
        expect: &[(Attribute::DnsAnswer, "192.0.2.7"), (Attribute::DnsResponseCode, "0")],
    },
];
