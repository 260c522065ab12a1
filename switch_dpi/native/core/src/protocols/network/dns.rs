//! DNS over UDP and TCP (RFC 1035), on any port.

use crate::formats::dns_family::{self, DnsInspector, Family, MAX_PROBE_SIZE};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Transport};

/// DNS, as the engine knows it.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dns",
    name: "DNS",
    selector: 53,
    category: "network",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[53],
    max_probe_size: MAX_PROBE_SIZE,
    probe: |sample| dns_family::probe(sample, Family::Dns),
    inspector: Some(|| Box::<DnsInspector>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "query for an address",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03org\x00\x00\x01\x00\x01",
        expect: &[(Attribute::DnsQuery, "www.example.org"), (Attribute::DnsQueryType, "1")],
    },
    Example {
        title: "response with a compressed name",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x03www\x07example\x03org\x00\x00\x01\x00\x01\
                \xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01",
        expect: &[
            (Attribute::DnsQuery, "www.example.org"),
            (Attribute::DnsResponseCode, "0"),
            (Attribute::DnsAnswer, "192.0.2.1"),
        ],
    },
    Example {
        title: "query over TCP",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x00\x1d\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03org\x00\x00\x06\x00\x01",
        expect: &[(Attribute::DnsQuery, "example.org"), (Attribute::DnsQueryType, "6")],
    },
];
