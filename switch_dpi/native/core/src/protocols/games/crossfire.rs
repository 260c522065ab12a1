//! CrossFire's hosts and players, over UDP: each datagram begins with one constant (libprotoident's rule for the game has it too).

use crate::probing::beginnings::begins;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const MARK: &[u8] = b"\xc7\xd9\x19\x99";

/// CrossFire.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "crossfire-game",
    name: "Crossfire",
    selector: 1782,
    category: "games",
    transports: &[Transport::Udp],
    first_bytes: FirstBytes::Of(&[0xc7]),
    probe,
    app: "crossfire",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    begins(sample.data, MARK).datagram(75, "constant of the game", 4)
}

const EXAMPLES: &[Example] = &[
    query(
        "of a player",
        b"\xc7\xd9\x19\x99\x02\x00\x09\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7d\x00",
    ),
    reply("of the host", b"\xc7\xd9\x19\x99\x02\x00\x0a\x00\x00\x00\x00\x01\x00\x00\x00\x00"),
];
