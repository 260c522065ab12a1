//! Avast SecureDNS: encrypted look-ups whose sessions begin with a TXT question for the certificate of Avast's resolvers,
//! in the form of DNS (RFC 1035 §4) on the port of HTTPS.

use crate::formats::dns_family::{self, DnsInspector, Family, MAX_PROBE_SIZE};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Transport};

/// Avast SecureDNS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "avast-securedns",
    name: "AVAST SecureDNS",
    selector: 201,
    category: "network",
    risk: Some(40),
    tags: &["encrypted"],
    transports: &[Transport::Udp],
    ports: &[443],
    max_probe_size: MAX_PROBE_SIZE,
    app: "avast-secure-dns",
    probe: |sample| dns_family::probe(sample, Family::AvastSecureDns),
    inspector: Some(|| Box::<DnsInspector>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "question for the certificate",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x48\xc4\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x012\x09sEcUreDns\x05aVast\x03cOm\x00\x00\x10\x00\x01",
        expect: &[(Attribute::DnsQuery, "2.sEcUreDns.aVast.cOm"), (Attribute::DnsQueryType, "16")],
    },
    Example {
        title: "answer without a record",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x48\xc4\x81\x83\x00\x01\x00\x00\x00\x00\x00\x00\x012\x09securedns\x05avast\x03com\x00\x00\x10\x00\x01",
        expect: &[(Attribute::DnsResponseCode, "3")],
    },
];
