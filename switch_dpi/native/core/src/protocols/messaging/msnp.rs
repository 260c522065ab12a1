//! MSN Messenger Protocol (MSNP): the negotiation of its version.

use crate::probing::beginnings::probe_beginning;
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// How it begins.
const BEGINNINGS: &[&[u8]] = &[b"VER 0 MSNP", b"VER 1 MSNP", b"VER 2 MSNP", b"VER 3 MSNP"];

/// MSN Messenger.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "msnp",
    name: "MSN Messenger",
    selector: 740,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[1863],
    first_bytes: FirstBytes::Of(b"V"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    probe_beginning(sample, BEGINNINGS, 95, "negotiation of the version")
}

const EXAMPLES: &[Example] = &[
    client("a client offers versions", b"VER 1 MSNP18 MSNP17 CVR0\r\n"),
    client("an old client", b"VER 0 MSNP8 CVR0\r\n"),
];
