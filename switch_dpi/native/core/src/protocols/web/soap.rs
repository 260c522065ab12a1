//! SOAP 1.1 and 1.2 (W3C): calls as XML, over HTTP or alone on a stream.

use crate::formats::documents::{self, MAX_PROBE_SIZE, XML_FIRST_BYTES};
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Transport};

/// SOAP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "soap",
    name: "SOAP",
    selector: 211,
    category: "web",
    risk: Some(20),
    transports: &[Transport::Tcp],
    first_bytes: FirstBytes::Of(XML_FIRST_BYTES),
    max_probe_size: MAX_PROBE_SIZE,
    probe: |sample| match documents::probe_xml(sample.data, &[b"Envelope", b"/soap", b"envelope"], "SOAP envelope") {
        Probe::Match(_) if documents::is_upnp(sample.data) => Probe::No,
        answer => answer,
    },
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "envelope of version 1.1",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"<?xml version=\"1.0\"?><soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body><Get/></soap:Body></soap:Envelope>",
        expect: &[],
    },
    Example {
        title: "envelope of version 1.2",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"<env:Envelope xmlns:env=\"http://www.w3.org/2003/05/soap-envelope\"><env:Body/></env:Envelope>",
        expect: &[],
    },
];
