//! San Andreas Multiplayer: queries to servers over UDP ("Query mechanism" of the SA-MP wiki): SAMP, the server's address and
//! port, a letter; answers repeat them.

use crate::probing::answers::matched_if;
use crate::probing::examples::{query, reply};
use crate::probing::numbers::u8_at;
use crate::probing::search::has;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// SA-MP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "samp",
    name: "SA-MP",
    selector: 954,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[7777],
    first_bytes: FirstBytes::Of(b"S"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// Information, rules, clients, details, remote control, ping, and what Open Multiplayer adds.
fn probe(sample: &Sample<'_>) -> Probe {
    let letter_fits = matches!(u8_at(sample.data, 10), Some(b'i' | b'r' | b'c' | b'd' | b'x' | b'p' | b'o'));
    matched_if(has(sample.data, 0, b"SAMP") && letter_fits, 85, "query", 11)
}

const EXAMPLES: &[Example] = &[
    query("information", b"SAMP\xc0\x00\x02\x07\x61\x1ei"),
    reply("ping, answered", b"SAMP\xc0\x00\x02\x07\x61\x1ep\x5a\x11\x90\x02"),
];
