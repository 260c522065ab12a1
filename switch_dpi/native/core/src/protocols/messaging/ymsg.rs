//! Yahoo Messenger protocol (YMSG): its header.

use crate::probing::beginnings::probe_beginning;
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// How it begins.
const BEGINNINGS: &[&[u8]] = &[b"YMSG\x00"];

/// Yahoo Messenger.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ymsg",
    name: "Yahoo Messenger",
    selector: 741,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[5050],
    first_bytes: FirstBytes::Of(b"Y"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    probe_beginning(sample, BEGINNINGS, 80, "Yahoo Messenger header")
}

const EXAMPLES: &[Example] = &[
    client("log-in", b"YMSG\x00\x10\x00\x00\x00\x09\x00\x57\x00\x00\x00\x00\x00\x00\x00\x001\xc0\x80ann\xc0\x80"),
    client("ping", b"YMSG\x00\x0f\x00\x00\x00\x00\x00\x4c\x00\x00\x00\x01\x00\x00\x00\x00"),
];
