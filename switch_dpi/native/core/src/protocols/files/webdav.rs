//! WebDAV (RFC 4918): files and folders over HTTP. HTTP names it by its methods; here its documents are recognised alone.

use crate::formats::documents::{self, MAX_PROBE_SIZE, XML_FIRST_BYTES};
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Transport};

/// WebDAV.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "webdav",
    name: "WebDAV",
    selector: 210,
    category: "file-transfer",
    transports: &[Transport::Tcp],
    first_bytes: FirstBytes::Of(XML_FIRST_BYTES),
    max_probe_size: MAX_PROBE_SIZE,
    probe: |sample| documents::probe_xml(sample.data, &[b"\"DAV:\""], "XML in the name space of WebDAV"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "question for properties",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:propfind xmlns:D=\"DAV:\"><D:allprop/></D:propfind>",
        expect: &[],
    },
    Example {
        title: "answer with properties",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data:
            b"<?xml version=\"1.0\"?>\r\n<multistatus xmlns=\"DAV:\"><response><href>/a</href></response></multistatus>",
        expect: &[],
    },
];
