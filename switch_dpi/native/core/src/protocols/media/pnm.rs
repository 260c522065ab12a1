//! Progressive Networks Metafile (PNM), with which RealPlayer asked for streams before RTSP: its header.

use crate::probing::beginnings::probe_beginning;
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// How it begins.
const BEGINNINGS: &[&[u8]] = &[b"PNA\x00\x0a", b"PNA\x00\x09"];

/// PNM.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "pnm",
    name: "PNM",
    selector: 742,
    category: "streaming-protocol",
    transports: &[Transport::Tcp],
    ports: &[7070],
    first_bytes: FirstBytes::Of(b"P"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    probe_beginning(sample, BEGINNINGS, 80, "PNM header")
}

const EXAMPLES: &[Example] = &[
    client("a client asks", b"PNA\x00\x0a\x00\x01\x00\x02\x01\x63\x00\x10"),
    client("an older version", b"PNA\x00\x09\x00\x00"),
];
