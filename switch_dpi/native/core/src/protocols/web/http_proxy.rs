//! HTTP requests to a proxy: whole URLs (RFC 9112 §3.2.2).

use crate::formats::http::message::{self, Form, HttpInspector, MAX_START_LINE_SIZE};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Transport};

/// HTTP to a proxy.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "http-proxy",
    name: "HTTP_Proxy",
    selector: 208,
    category: "web",
    risk: Some(40),
    transports: &[Transport::Tcp],
    ports: &[3128, 8080, 8000, 8118, 8888],
    first_bytes: FirstBytes::Where(message::may_begin),
    max_probe_size: MAX_START_LINE_SIZE,
    serves_sites: true,
    probe: |sample| message::probe(sample, Form::Absolute),
    inspector: Some(|| Box::<HttpInspector>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "request for a URL",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"GET http://www.example.org/a HTTP/1.1\r\nHost: www.example.org\r\nProxy-Connection: keep-alive\r\n\r\n",
        expect: &[(Attribute::HttpMethod, "GET"), (Attribute::HttpHost, "www.example.org")],
    },
    Example {
        title: "request for a URL of FTP",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"GET ftp://files.example.org/list HTTP/1.0\r\nUser-Agent: probe/1.0\r\n\r\n",
        expect: &[(Attribute::HttpUrl, "ftp://files.example.org/list"), (Attribute::HttpUserAgent, "probe/1.0")],
    },
];
