//! IMAP over TLS from the first byte (RFC 8314 §3.2): TLS whose client offers to speak it, or at the port registered for it.

use crate::formats::tls::family::{self, FIRST_BYTES, Family, MAX_PROBE_SIZE, TlsInspector};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Transport};

/// IMAP over TLS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "imaps",
    name: "IMAPS",
    selector: 203,
    category: "email",
    tags: &["encrypted"],
    transports: &[Transport::Tcp],
    ports: &[993],
    first_bytes: FirstBytes::Of(FIRST_BYTES),
    max_probe_size: MAX_PROBE_SIZE,
    probe: |sample| family::probe(sample, Family::Imaps),
    inspector: Some(|| Box::<TlsInspector>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "ClientHello with name and offer",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x16\x03\x01\x00U\x01\x00\x00Q\x03\x03RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR\x00\x00\x04\x13\x01\xc0/\x01\x00\x00$\x00\x00\x00\x15\x00\x13\x00\x00\x10imap.example.org\x00\x10\x00\x07\x00\x05\x04imap",
        expect: &[(Attribute::TlsSni, "imap.example.org"), (Attribute::TlsAlpn, "imap")],
    },
    Example {
        title: "ClientHello without a name",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x16\x03\x01\x00<\x01\x00\x008\x03\x03RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR\x00\x00\x04\x13\x01\xc0/\x01\x00\x00\x0b\x00\x10\x00\x07\x00\x05\x04imap",
        expect: &[(Attribute::TlsAlpn, "imap"), (Attribute::TlsVersion, "771")],
    },
];
