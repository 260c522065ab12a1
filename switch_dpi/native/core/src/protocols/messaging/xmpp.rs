//! XMPP (RFC 6120): streams of clients and servers, and their stanzas when the beginning was missed.

use crate::probing::lines::contains_ignoring_case;
use crate::probing::matching::{ANSWERS, ASKS, Beginning, beginning, beginning_of_any, example, matched};
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// An XML declaration and the stream's opening tag with its namespaces.
const MAX_PROBE_SIZE: usize = 1024;
/// The opening tag of a stream (RFC 6120 §4.7); the prefix is usually `stream`, and `flash` for Flash's policies.
const STREAM: &[&[u8]] = &[b"<stream:stream", b"</stream:stream>", b"<stream:features", b"<stream:error", b"<flash:stream"];
/// Stanzas (RFC 6120 §8) and negotiation.
const STANZAS: &[&[u8]] =
    &[b"<iq ", b"<message ", b"<presence ", b"<presence/>", b"<auth ", b"<starttls ", b"<challenge ", b"<proceed ", b"<success "];
/// What a stanza's tag carries (RFC 6120 §8.1), and the namespaces of negotiation.
const STANZA_ATTRIBUTES: &[&[u8]] =
    &[b"jabber:", b"urn:ietf:params:xml:ns:xmpp", b" type=", b" to=", b" from=", b" id=", b" xml:lang="];

/// XMPP, which began as Jabber.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "xmpp",
    name: "Jabber",
    selector: 702,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[5222, 5223, 5269, 5298],
    first_bytes: FirstBytes::Of(b"< \r\n\t"),
    max_probe_size: MAX_PROBE_SIZE,
    probe,
    inspector: Some(|| Box::<Xmpp>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let Some(element) = first_element(sample.data) else { return Probe::NeedMore };
    match beginning_of_any(element, STREAM) {
        Beginning::Whole => return matched(100, "XMPP stream", element.len().min(16)),
        Beginning::Partial => return Probe::NeedMore,
        Beginning::Other => {}
    }
    match beginning_of_any(element, STANZAS) {
        Beginning::Whole if element.starts_with(b"<presence/>") => matched(80, "XMPP stanza", 11),
        Beginning::Whole => probe_stanza(element),
        Beginning::Partial => Probe::NeedMore,
        Beginning::Other => Probe::No,
    }
}

fn probe_stanza(element: &[u8]) -> Probe {
    let Some(size) = element.iter().position(|byte| *byte == b'>') else { return Probe::NeedMore };
    let tag = element.get(..size).unwrap_or_default();
    if STANZA_ATTRIBUTES.iter().any(|attribute| contains_ignoring_case(tag, attribute)) {
        matched(80, "XMPP stanza", size)
    } else {
        Probe::No
    }
}

/// What follows white space and an XML declaration (RFC 6120 §11.5); `None` while that has not ended.
fn first_element(data: &[u8]) -> Option<&[u8]> {
    let data = data.trim_ascii_start();
    if data.is_empty() || (data.len() < 5 && beginning(data, b"<?xml") == Beginning::Partial) {
        return None;
    }
    if !data.starts_with(b"<?xml") {
        return Some(data);
    }
    let end = data.windows(2).position(|window| window == b"?>")?;
    let rest = data.get(end + 2..)?.trim_ascii_start();
    (!rest.is_empty()).then_some(rest)
}

/// Reads the domain that the client's stream is opened to.
#[derive(Debug, Default)]
struct Xmpp {
    is_done: [bool; 2],
}

impl Inspector for Xmpp {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let is_done = sample.direction.of(&mut self.is_done);
        let element = first_element(sample.data).unwrap_or_default();
        if let Some(size) = element.iter().position(|byte| *byte == b'>') {
            let tag = element.get(..size).unwrap_or_default();
            if let (Direction::Originator, Some(domain)) = (sample.direction, domain_of(tag)) {
                found.set_host(domain);
            }
            *is_done = true;
        }
        *is_done |= sample.data.len() > MAX_PROBE_SIZE;
        if self.is_done == [true; 2] { Progress::Done } else { Progress::Settled }
    }
}

/// The value of `to` in a stream's opening tag (RFC 6120 §4.7.2).
fn domain_of(tag: &[u8]) -> Option<&[u8]> {
    const TO: &[u8] = b" to=";
    if !tag.starts_with(b"<stream:stream") {
        return None;
    }
    let at = tag.windows(TO.len()).position(|window| window == TO)?;
    let (quote, rest) = tag.get(at + TO.len()..)?.split_first()?;
    let domain = rest.split(|byte| byte == quote).next()?;
    (domain.contains(&b'.') && domain.iter().any(u8::is_ascii_alphabetic)).then_some(domain)
}

const EXAMPLES: &[Example] = &[
    example(
        "a client opens its stream",
        ASKS,
        b"<?xml version='1.0'?><stream:stream to='example.org' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>",
        &[],
    ),
    example(
        "the server answers and tells what it can",
        ANSWERS,
        b"<?xml version='1.0'?>\n<stream:stream from='example.org' id='6gVn' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>",
        &[],
    ),
    example("a stanza of a stream caught late", ANSWERS, b"<iq from='juliet@example.org/balcony' type='result' id='v1'/>", &[]),
    example("the end of a stream caught late", ASKS, b"</stream:stream>", &[]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_is_the_host() {
        let (mut xmpp, mut found) = (Xmpp::default(), Findings::default());
        let data = EXAMPLES.first().map(|example| example.data).unwrap_or_default();
        xmpp.feed(&Sample { data, ..Sample::EMPTY }, &mut found);
        assert_eq!(found.host(), Some("example.org"));
    }

    #[test]
    fn other_xml_is_refused() {
        for data in [&b"<?xml version=\"1.0\"?><rpc message-id=\"1\">"[..], b"<html>", b"<iq2 ", b"<message lang>", b"<?xmk"] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
        assert_eq!(probe(&Sample { data: b"\n<?xm", ..Sample::EMPTY }), Probe::NeedMore);
    }
}
