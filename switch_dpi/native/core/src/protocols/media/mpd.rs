//! Music Player Daemon protocol (MPD): its greeting.

use crate::probing::matching::{ANSWERS, example, probe_beginning};
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

const EXAMPLES: &[Example] = &[
    example("a server of today", ANSWERS, b"OK MPD 0.23.5\n", &[]),
    example("an old server", ANSWERS, b"OK MPD 0.12.0\n", &[]),
];
