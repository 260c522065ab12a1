//! WS-Discovery (OASIS 1.1, and the draft of April 2005) over UDP: SOAP that looks for cameras, printers and other services;
//! ONVIF and WSD devices are found by it.

use crate::probing::answers::{Verdict, answer, matched};
use crate::probing::cursor::require;
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// The namespaces of both versions (1.1 §1.5, draft §1.5).
const NAMESPACES: [&[u8]; 2] =
    [b"http://schemas.xmlsoap.org/ws/2005/04/discovery", b"http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01"];
/// What precedes a document: byte order mark, white space.
const BEFORE_DOCUMENT: &[u8] = b"\xef\xbb\xbf \t\r\n";

/// WS-Discovery.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ws-discovery",
    name: "WSD",
    selector: 351,
    category: "network",
    transports: &[Transport::Udp],
    ports: &[3702],
    first_bytes: FirstBytes::Of(b"<\xef\xbb\xbf \t\r\n"),
    probe: |sample| answer(judge(sample)),
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let start = sample.data.iter().position(|byte| !BEFORE_DOCUMENT.contains(byte)).ok_or(Probe::No)?;
    require(start <= 8 && sample.data.get(start) == Some(&b'<'))?;
    let is_named = NAMESPACES.iter().any(|namespace| find(sample.data, namespace).is_some());
    let has_envelope = find(sample.data, b":Envelope").is_some() || find(sample.data, b"<Envelope").is_some();
    require(is_named && has_envelope)?;
    Ok(matched(100, "SOAP envelope of WS-Discovery", sample.data.len()))
}

fn find(data: &[u8], word: &[u8]) -> Option<usize> {
    data.windows(word.len()).position(|window| window == word)
}

/// The action's last part (Probe, ProbeMatches, Hello, Bye, Resolve) and the types, where there are some.
fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    if let Some(action) = element(sample.data, b"Action>") {
        let start = action.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
        found.text(Attribute::WsdAction, action.get(start..).unwrap_or_default());
    }
    if let Some(types) = element(sample.data, b"Types>").filter(|types| !types.is_empty()) {
        found.text(Attribute::WsdTypes, types);
    }
    Progress::Settled
}

/// What stands between the first tag that ends with `tag`, or has attributes after its name, and the next tag.
fn element<'a>(data: &'a [u8], tag: &[u8]) -> Option<&'a [u8]> {
    let name = tag.strip_suffix(b">")?;
    let at = data
        .windows(tag.len())
        .position(|window| window.strip_prefix(name).is_some_and(|end| matches!(end, [b'>' | b' '])))?;
    let rest = data.get(at..)?;
    let rest = rest.get(rest.iter().position(|byte| *byte == b'>')? + 1..)?;
    let value = rest.get(..rest.iter().position(|byte| *byte == b'<')?)?;
    Some(value.trim_ascii())
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "probe for ONVIF cameras",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"<?xml version=\"1.0\" encoding=\"utf-8\"?><Envelope xmlns:dn=\"http://www.onvif.org/ver10/network/wsdl\" xmlns=\"http://www.w3.org/2003/05/soap-envelope\"><Header><wsa:MessageID xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\">uuid:5</wsa:MessageID><wsa:Action xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</wsa:Action></Header><Body><Probe xmlns=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><Types>dn:NetworkVideoTransmitter</Types><Scopes /></Probe></Body></Envelope>",
        expect: &[(Attribute::WsdAction, "Probe"), (Attribute::WsdTypes, "dn:NetworkVideoTransmitter")],
    },
    Example {
        title: "hello, version 1.1",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:a=\"http://www.w3.org/2005/08/addressing\" xmlns:d=\"http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01\"><s:Header><a:Action>http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01/Hello</a:Action></s:Header><s:Body><d:Hello/></s:Body></s:Envelope>",
        expect: &[(Attribute::WsdAction, "Hello")],
    },
];
