//! NETCONF's hello (RFC 6241 §8.1) where no SSH or TLS hides it, as in call home through a proxy or on a test line.

use crate::probing::answers::matched;
use crate::probing::beginnings::begins_any;
use crate::probing::examples::{client, server};
use crate::probing::lines::contains_ignoring_case;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Tcp;
const BEGINNINGS: [&[u8]; 4] = [b"<?xml ", b"<hello ", b"<nc:hello", b"\n<?xml "];
/// Namespace of the base protocol, and the older name as a capability.
const NAMESPACE: &[u8] = b"urn:ietf:params:xml:ns:netconf:base:1.0";
const CAPABILITY: &[u8] = b"urn:ietf:params:netconf:base:1.";
/// The namespace stands in the first element.
const MAX_HEAD_SIZE: usize = 512;

/// NETCONF.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "netconf",
    name: "NETCONF",
    selector: 1606,
    transports: &[CARRIER],
    ports: &[830, 4334],
    first_bytes: FirstBytes::Of(b"<\n"),
    max_probe_size: MAX_HEAD_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if begins_any(sample.data, &BEGINNINGS).holds() == Some(false) {
        return Probe::No;
    }
    let head = sample.data.get(..MAX_HEAD_SIZE).unwrap_or(sample.data);
    let is_hello = contains_ignoring_case(head, b"hello");
    if is_hello && (contains_ignoring_case(head, NAMESPACE) || contains_ignoring_case(head, CAPABILITY)) {
        return matched(95, "hello", head.len());
    }
    if head.len() < MAX_HEAD_SIZE { Probe::NeedMore } else { Probe::No }
}

const EXAMPLES: &[Example] = &[
    server("server's hello", b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><hello xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\"><capabilities><capability>urn:ietf:params:netconf:base:1.1</capability></capabilities><session-id>4</session-id></hello>]]>]]>"),
    client("client's hello", b"<hello xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>]]>]]>"),
];
