//! Hedgewars over TCP (the game's server): commands of lines, ended by an empty one; the server greets.

use crate::probing::beginnings::begins;
use crate::probing::examples::server;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// The greeting.
const GREETING: &[u8] = b"CONNECTED\nHedgewars server";

/// Hedgewars.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "hedgewars",
    name: "Hedgewars",
    selector: 968,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[46631],
    first_bytes: FirstBytes::Of(b"C"),
    max_probe_size: GREETING.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    begins(sample.data, GREETING).stream(100, "greeting", 26)
}

const EXAMPLES: &[Example] = &[
    server("greeting", b"CONNECTED\nHedgewars server https://www.hedgewars.org/\n3\n\n"),
    server("greeting of an older server", b"CONNECTED\nHedgewars server http://www.hedgewars.org/\n2\n\n"),
];
