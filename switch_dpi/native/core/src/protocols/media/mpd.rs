//! Music Player Daemon protocol (MPD): its greeting.

use crate::probing::beginnings::probe_beginning;
use crate::probing::examples::server;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// How it begins.
const BEGINNINGS: &[&[u8]] = &[b"OK MPD "];

/// MPD.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mpd",
    name: "MPD",
    selector: 739,
    category: "music",
    transports: &[Transport::Tcp],
    ports: &[6600],
    first_bytes: FirstBytes::Of(b"O"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    probe_beginning(sample, BEGINNINGS, 95, "the greeting of the Music Player Daemon")
}

const EXAMPLES: &[Example] =
    &[server("a server of today", b"OK MPD 0.23.5\n"), server("an old server", b"OK MPD 0.12.0\n")];
