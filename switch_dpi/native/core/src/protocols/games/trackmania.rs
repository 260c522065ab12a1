//! GBXRemote, the remote control of Trackmania and ManiaPlanet servers, over TCP ("XML-RPC" of the ManiaPlanet documentation): the
//! server greets with the protocol's name behind its size (little-endian).

use crate::probing::beginnings::begins;
use crate::probing::examples::server;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// The greeting without its version.
const GREETING: &[u8] = b"\x0b\x00\x00\x00GBXRemote ";

/// GBXRemote.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "gbxremote",
    name: "GBXRemote",
    selector: 953,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[5000],
    first_bytes: FirstBytes::Of(&[11]),
    max_probe_size: GREETING.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    begins(sample.data, GREETING).stream(100, "greeting", 14)
}

const EXAMPLES: &[Example] =
    &[server("version 2", b"\x0b\x00\x00\x00GBXRemote 2"), server("version 1", b"\x0b\x00\x00\x00GBXRemote 1")];
