//! SSL 2 to TLS 1.3 over a stream (RFC 8446, RFC 5246): the hello messages and the certificate, from records of any cut.

use crate::formats::tls::family::{self, FIRST_BYTES, Family, MAX_PROBE_SIZE, TlsInspector};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Transport};

/// TLS, as the engine knows it.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tls",
    name: "TLS",
    selector: 443,
    category: "web",
    tags: &["encrypted"],
    transports: &[Transport::Tcp],
    ports: &[443, 853, 992, 5061, 8443, 8883],
    first_bytes: FirstBytes::Of(FIRST_BYTES),
    max_probe_size: MAX_PROBE_SIZE,
    serves_sites: true,
    probe: |sample| family::probe(sample, Family::Tls),
    inspector: Some(|| Box::<TlsInspector>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "ClientHello with server name and ALPN",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: HELLO,
        expect: &[
            (Attribute::TlsSni, "www.example.org"),
            (Attribute::TlsAlpn, "h2"),
            (Attribute::TlsAlpn, "http/1.1"),
            (Attribute::TlsVersion, "772"),
        ],
    },
    Example {
        title: "ClientHello over two records",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: SPLIT_HELLO,
        expect: &[(Attribute::TlsSni, "www.example.org"), (Attribute::TlsVersion, "772")],
    },
    Example {
        title: "ClientHello of SSL 2",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x80\x1c\x01\x03\x01\x00\x03\x00\x00\x00\x10\x01\x00\x80CCCCCCCCCCCCCCCC",
        expect: &[],
    },
    Example {
        title: "ServerHello of TLS 1.3",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: SERVER_HELLO_RECORD,
        expect: &[(Attribute::TlsVersion, "772"), (Attribute::TlsCipher, "4866")],
    },
];

const HELLO: &[u8] = b"\x16\x03\x01\x00d\x01\x00\x00`\x03\x03RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR\x00\x00\x04\x13\x01\x13\
    \x02\x01\x00\x003\x00\x00\x00\x14\x00\x12\x00\x00\x0fwww.example.org\x00\x10\x00\x0e\x00\x0c\x02\
    h2\x08http/1.1\x00+\x00\x05\x04\x03\x04\x03\x03";

const SPLIT_HELLO: &[u8] =
    b"\x16\x03\x01\x00 \x01\x00\x00`\x03\x03RRRRRRRRRRRRRRRRRRRRRRRRRR\x16\x03\x01\x00DRRRRRR\x00\x00\
    \x04\x13\x01\x13\x02\x01\x00\x003\x00\x00\x00\x14\x00\x12\x00\x00\x0fwww.example.org\x00\x10\x00\
    \x0e\x00\x0c\x02h2\x08http/1.1\x00+\x00\x05\x04\x03\x04\x03\x03";

const SERVER_HELLO_RECORD: &[u8] =
    b"\x16\x03\x03\x002\x02\x00\x00.\x03\x03SSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSS\x00\x13\x02\x00\x00\x06\
    \x00+\x00\x02\x03\x04";
