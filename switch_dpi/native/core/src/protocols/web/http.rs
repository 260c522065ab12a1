//! HTTP/1.0 and 1.1 (RFC 9112), to the server itself.

use crate::formats::http::message::{self, Form, HttpInspector, MAX_START_LINE_SIZE};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Transport};

/// HTTP/1, as the engine knows it.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "http",
    name: "HTTP",
    selector: 80,
    category: "web",
    risk: Some(20),
    transports: &[Transport::Tcp],
    ports: &[80, 591, 3128, 8000, 8008, 8080, 8081, 8888],
    first_bytes: FirstBytes::Where(message::may_begin),
    max_probe_size: MAX_START_LINE_SIZE,
    serves_sites: true,
    probe: |sample| message::probe(sample, Form::Origin),
    inspector: Some(|| Box::<HttpInspector>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "request with Host and port",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"GET /watch?v=1 HTTP/1.1\r\nUser-Agent: probe/1.0\r\nHost: www.example.org:8080\r\n\r\n",
        expect: &[
            (Attribute::HttpMethod, "GET"),
            (Attribute::HttpUrl, "/watch?v=1"),
            (Attribute::HttpHost, "www.example.org"),
            (Attribute::HttpUserAgent, "probe/1.0"),
        ],
    },
    Example {
        title: "request with a method of its own",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"VERSION-CONTROL /a HTTP/1.1\r\nhost:example.org\r\n\r\n",
        expect: &[(Attribute::HttpMethod, "VERSION-CONTROL"), (Attribute::HttpHost, "example.org")],
    },
    Example {
        title: "response",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"HTTP/1.1 404 Not Found\r\nServer: nginx/1.22.1\r\nContent-Type: text/html\r\n\r\n<html>",
        expect: &[
            (Attribute::HttpStatus, "404"),
            (Attribute::HttpServer, "nginx/1.22.1"),
            (Attribute::HttpContentType, "text/html"),
        ],
    },
];
