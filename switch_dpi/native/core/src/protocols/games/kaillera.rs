//! Kaillera, which lets emulators play together, over UDP ("The Kaillera Network Protocol Specification"): a word of greeting and
//! the port that the server answers with.

use crate::probing::beginnings::begins_any;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// The client's greeting with the protocol's version, and the server's answer.
const WORDS: [&[u8]; 2] = [b"HELLO0.83\0", b"HELLOD00D"];

/// Kaillera.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "kaillera",
    name: "Kaillera",
    selector: 969,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[27888],
    first_bytes: FirstBytes::Of(b"H"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    begins_any(sample.data, &WORDS).datagram(90, "greeting", 9)
}

const EXAMPLES: &[Example] = &[query("client", b"HELLO0.83\0"), reply("server", b"HELLOD00D27889\0")];
