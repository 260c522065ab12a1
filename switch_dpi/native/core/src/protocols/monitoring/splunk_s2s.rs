//! Splunk's forwarder to indexer protocol: its handshake is text in fixed fields (Splunk documentation of `outputs.conf`).

use crate::probing::answers::of_stream;
use crate::probing::beginnings::begins_any;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Tcp;
/// Cooked mode of version 2 and 3, and what an indexer answers.
const BEGINNINGS: [&[u8]; 2] =
    [b"--splunk-cooked-mode-v", b"\x00\x00\x00\xb1\x00\x00\x00\x01\x00\x00\x00\x13__s2s_control_msg"];

/// Splunk.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "splunk-s2s",
    name: "Splunk forwarder",
    selector: 1582,
    risk: Some(40),
    transports: &[CARRIER],
    ports: &[9997],
    first_bytes: FirstBytes::Of(&[b'-', 0]),
    probe,
    app: "splunk",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_stream(begins_any(sample.data, &BEGINNINGS).holds(), 100, "handshake", 22)
}

const EXAMPLES: &[Example] = &[
    client("version 3 handshake", b"--splunk-cooked-mode-v3--\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00db1\x00"),
    server("indexer's answer", b"\x00\x00\x00\xb1\x00\x00\x00\x01\x00\x00\x00\x13__s2s_control_msg\x00\x00\x00\x00\x8fcap_response=success;"),
];
