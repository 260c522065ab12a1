//! XMPP (RFC 6120): streams of clients and servers, and their stanzas when the beginning was missed. Of a stream in clear, the
//! candidates of calls are read (XEP-0176, XEP-0177, and what Google Talk had before).

use crate::formats::sdp::hear_of_media;
use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins, begins_any};
use crate::probing::examples::{client, server};
use crate::probing::lines::contains_ignoring_case;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// An XML declaration and the stream's opening tag with its namespaces.
const MAX_PROBE_SIZE: usize = 1024;
/// The opening tag of a stream (RFC 6120 §4.7); the prefix is usually `stream`, and `flash` for Flash's policies.
const STREAM: &[&[u8]] =
    &[b"<stream:stream", b"</stream:stream>", b"<stream:features", b"<stream:error", b"<flash:stream"];
/// Stanzas (RFC 6120 §8) and negotiation.
const STANZAS: &[&[u8]] = &[
    b"<iq ",
    b"<message ",
    b"<presence ",
    b"<presence/>",
    b"<auth ",
    b"<starttls ",
    b"<challenge ",
    b"<proceed ",
    b"<success ",
];
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
    match begins_any(element, STREAM) {
        Beginning::Whole => return matched(100, "XMPP stream", element.len().min(16)),
        Beginning::Partial => return Probe::NeedMore,
        Beginning::Other => {}
    }
    match begins_any(element, STANZAS) {
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
    if data.is_empty() || (data.len() < 5 && begins(data, b"<?xml") == Beginning::Partial) {
        return None;
    }
    if !data.starts_with(b"<?xml") {
        return Some(data);
    }
    let end = data.windows(2).position(|window| window == b"?>")?;
    let rest = data.get(end + 2..)?.trim_ascii_start();
    (!rest.is_empty()).then_some(rest)
}

/// Reads the domain that the client's stream is opened to, and the candidates of calls.
#[derive(Debug, Default)]
struct Xmpp {
    is_done: [bool; 2],
    positions: [usize; 2],
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
        read_candidates(sample, sample.direction.of(&mut self.positions), found);
        Progress::Settled
    }
}

/// Tells of each `<candidate … ip='…' port='…' protocol='udp'/>` that has come since the last time.
fn read_candidates(sample: &Sample<'_>, position: &mut usize, found: &mut Findings) {
    const TAG: &[u8] = b"<candidate ";
    while let Some(rest) = sample.data.get(*position..) {
        let Some(start) = rest.windows(TAG.len()).position(|window| window == TAG) else {
            *position += rest.len().saturating_sub(TAG.len());
            return;
        };
        let tag = rest.get(start..).unwrap_or_default();
        let Some(size) = tag.iter().position(|byte| *byte == b'>') else {
            *position += if tag.len() > MAX_PROBE_SIZE { start + TAG.len() } else { start };
            return;
        };
        let tag = tag.get(..size).unwrap_or_default();
        let address = attribute(tag, b" ip=").or_else(|| attribute(tag, b" address="));
        let transport = attribute(tag, b" protocol=").unwrap_or(b"udp"); // raw UDP has none (XEP-0177)
        if let (Some(address), Some(port)) = (address, attribute(tag, b" port=")) {
            hear_of_media((transport, address, port), sample.direction, found);
        }
        *position += start + size;
    }
}

/// The value of `to` in a stream's opening tag (RFC 6120 §4.7.2).
fn domain_of(tag: &[u8]) -> Option<&[u8]> {
    let domain = attribute(tag, b" to=").filter(|_| tag.starts_with(b"<stream:stream"))?;
    (domain.contains(&b'.') && domain.iter().any(u8::is_ascii_alphabetic)).then_some(domain)
}

/// What stands in quotes behind ` name=`.
fn attribute<'a>(tag: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let at = tag.windows(name.len()).position(|window| window == name)?;
    let (quote, rest) = tag.get(at + name.len()..)?.split_first()?;
    rest.split(|byte| byte == quote).next()
}

const EXAMPLES: &[Example] = &[
    client("a client opens its stream", b"<?xml version='1.0'?><stream:stream to='example.org' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"),
    server("the server answers and tells what it can", b"<?xml version='1.0'?>\n<stream:stream from='example.org' id='6gVn' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"),
    server("a stanza of a stream caught late", b"<iq from='juliet@example.org/balcony' type='result' id='v1'/>"),
    client("the end of a stream caught late", b"</stream:stream>"),
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
    fn candidates_of_a_call_are_heard_of_once() {
        let data = b"<iq to='b@example.org' type='set'><jingle><content><transport><candidate component='1' foundation='1' generation='0' ip='192.0.2.1' network='1' port='8998' priority='2130706431' protocol='udp' type='host'/><candidate ip='192.0.2.1' port='9' protocol='tcp'/></transport></content></jingle></iq>";
        let (mut xmpp, mut found) = (Xmpp::default(), Findings::default());
        for end in 0..=data.len() {
            xmpp.feed(&Sample { data: &data[..end], ..Sample::EMPTY }, &mut found);
        }
        assert_eq!(found.take_heard_of().iter().map(|e| e.port).collect::<Vec<_>>(), [8998]);
    }

    #[test]
    fn other_xml_is_refused() {
        for data in
            [&b"<?xml version=\"1.0\"?><rpc message-id=\"1\">"[..], b"<html>", b"<iq2 ", b"<message lang>", b"<?xmk"]
        {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
        assert_eq!(probe(&Sample { data: b"\n<?xm", ..Sample::EMPTY }), Probe::NeedMore);
    }
}
