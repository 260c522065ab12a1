//! Control of UPnP devices (UPnP Device Architecture 2.0 §3): SOAP with the name spaces of their services.

use crate::formats::documents::{self, MAX_PROBE_SIZE, XML_FIRST_BYTES};
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Transport};

/// Control of UPnP devices.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "upnp-control",
    name: "UPnP control",
    selector: 212,
    category: "iot",
    risk: Some(60),
    transports: &[Transport::Tcp],
    first_bytes: FirstBytes::Of(XML_FIRST_BYTES),
    max_probe_size: MAX_PROBE_SIZE,
    probe: |sample| documents::probe_xml(sample.data, &[b"Envelope", documents::UPNP], "UPnP action"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "action",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"<?xml version=\"1.0\"?>\r\n<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><u:GetExternalIPAddress xmlns:u=\"urn:schemas-upnp-org:service:WANIPConnection:1\"/></s:Body></s:Envelope>",
        expect: &[],
    },
    Example {
        title: "answer",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><u:GetVolumeResponse xmlns:u=\"urn:schemas-upnp-org:service:RenderingControl:1\"/></s:Body></s:Envelope>",
        expect: &[],
    },
];
