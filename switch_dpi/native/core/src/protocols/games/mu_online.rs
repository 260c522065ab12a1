//! MU Online over TCP (OpenMU's packet documentation): kind, size, number; the game server greets with a player's number and the
//! version in five digits, the connect server with four bytes.

use crate::probing::beginnings::{Byte, fits};
use crate::probing::examples::server;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};
use Byte::{Any, In, Is};

/// Kind c1, size 12, numbers f1 00, success, player, five digits.
const ENTERED: [Byte; 12] = [
    Is(0xc1),
    Is(0x0c),
    Is(0xf1),
    Is(0),
    Is(1),
    Any,
    Any,
    In(b'0', b'9'),
    In(b'0', b'9'),
    In(b'0', b'9'),
    In(b'0', b'9'),
    In(b'0', b'9'),
];

/// MU Online.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mu-online",
    name: "MU Online",
    selector: 973,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[44405, 55901, 55980],
    first_bytes: FirstBytes::Of(&[0xc1]),
    max_probe_size: ENTERED.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    fits(sample.data, &ENTERED).stream(95, "greeting", 12)
}

const EXAMPLES: &[Example] = &[
    server("greeting of version 1.04d", b"\xc1\x0c\xf1\x00\x01\x20\x0010404"),
    server("greeting of version 0.97d", b"\xc1\x0c\xf1\x00\x01\x00\x0109704"),
];
