//! XML-RPC (xmlrpc.com, 1999): calls as XML, over HTTP or alone on a stream.

use crate::formats::documents::{self, MAX_PROBE_SIZE, XML_FIRST_BYTES};
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Transport};

/// XML-RPC.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "xml-rpc",
    name: "XML-RPC",
    selector: 215,
    category: "web",
    risk: Some(20),
    transports: &[Transport::Tcp],
    first_bytes: FirstBytes::Of(XML_FIRST_BYTES),
    max_probe_size: MAX_PROBE_SIZE,
    probe: |sample| match documents::probe_xml(sample.data, &[b"<methodCall>"], "call") {
        Probe::Match(evidence) => Probe::Match(evidence),
        _ => documents::probe_xml(sample.data, &[b"<methodResponse>"], "answer to a call"),
    },
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "call",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"<?xml version=\"1.0\"?>\r\n<methodCall><methodName>examples.getName</methodName><params/></methodCall>",
        expect: &[],
    },
    Example {
        title: "answer",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"<?xml version=\"1.0\"?>\r\n<methodResponse><params><param><value><string>x</string></value></param></params></methodResponse>",
        expect: &[],
    },
];
