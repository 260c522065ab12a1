//! Guild Wars over TCP: the client's first message, as the pattern of the l7-filter project has it: 4 or 5, 12, a byte, "i", 1.

use crate::probing::beginnings::{Byte, fits};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};
use Byte::{Any, In, Is};

/// The message's first five bytes.
const HELLO: [Byte; 5] = [In(4, 5), Is(12), Any, Is(b'i'), Is(1)];

/// Guild Wars.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "guild-wars",
    name: "Guildwars",
    selector: 976,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[6112],
    first_bytes: FirstBytes::Of(&[4, 5]),
    max_probe_size: HELLO.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    fits(sample.data, &HELLO).stream(60, "first message", 5)
}

const EXAMPLES: &[Example] = &[
    client("first message", b"\x04\x0c\x0ci\x01\x00\x00\x00\x5a\x11\x90\x02"),
    client("first message to a game's server", b"\x05\x0c\x20i\x01\x00\x00\x00"),
];
