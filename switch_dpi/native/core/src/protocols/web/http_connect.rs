//! HTTP requests to a proxy for a connection to somewhere (RFC 9110 §9.3.6).

use crate::formats::http::message::{self, Form, HttpInspector, MAX_START_LINE_SIZE};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Transport};

/// HTTP CONNECT.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "http-connect",
    name: "HTTP_Connect",
    selector: 209,
    category: "web",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[3128, 8080, 8000, 8118, 8888],
    first_bytes: FirstBytes::Where(message::may_begin),
    max_probe_size: MAX_START_LINE_SIZE,
    serves_sites: true,
    probe: |sample| message::probe(sample, Form::Authority),
    inspector: Some(|| Box::<HttpInspector>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "connection to a name",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"CONNECT www.example.org:443 HTTP/1.1\r\nHost: www.example.org:443\r\n\r\n",
        expect: &[(Attribute::HttpUrl, "www.example.org:443"), (Attribute::HttpHost, "www.example.org")],
    },
    Example {
        title: "connection to an address",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"CONNECT 192.0.2.1:22 HTTP/1.0\r\nUser-Agent: probe/1.0\r\n\r\n",
        expect: &[(Attribute::HttpMethod, "CONNECT"), (Attribute::HttpUserAgent, "probe/1.0")],
    },
];
