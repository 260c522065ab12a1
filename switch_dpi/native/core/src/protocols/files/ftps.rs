//! FTP over TLS from the first byte (RFC 4217 §1): TLS whose client offers to speak it, or at the port registered for it.

use crate::formats::tls::family::{self, FIRST_BYTES, Family, MAX_PROBE_SIZE, TlsInspector};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Transport};

/// FTP over TLS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ftps",
    name: "FTPS",
    selector: 206,
    category: "file-transfer",
    tags: &["encrypted"],
    transports: &[Transport::Tcp],
    ports: &[989, 990],
    first_bytes: FirstBytes::Of(FIRST_BYTES),
    max_probe_size: MAX_PROBE_SIZE,
    probe: |sample| family::probe(sample, Family::Ftps),
    inspector: Some(|| Box::<TlsInspector>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "ClientHello with name and offer",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x16\x03\x01\x00S\x01\x00\x00O\x03\x03RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR\x00\x00\x04\x13\x01\xc0/\x01\x00\x00\x22\x00\x00\x00\x14\x00\x12\x00\x00\x0fftp.example.org\x00\x10\x00\x06\x00\x04\x03ftp",
        expect: &[(Attribute::TlsSni, "ftp.example.org"), (Attribute::TlsAlpn, "ftp")],
    },
    Example {
        title: "ClientHello without a name",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x16\x03\x01\x00;\x01\x00\x007\x03\x03RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR\x00\x00\x04\x13\x01\xc0/\x01\x00\x00\x0a\x00\x10\x00\x06\x00\x04\x03ftp",
        expect: &[(Attribute::TlsAlpn, "ftp"), (Attribute::TlsVersion, "771")],
    },
];
