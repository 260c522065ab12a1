//! Nortel (Avaya, Extreme): Simple Loop Prevention Protocol (0x8102) and topology discovery SONMP (SNAP 000081/01a1, 01a2).

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

/// Nortel loop prevention.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "slpp",
    name: "Nortel loop prevention",
    selector: 1492,
    transports: &[Transport::EtherType(0x8102), Transport::Snap(0x000081, 0x01a2), Transport::Snap(0x000081, 0x01a1)],
    probe: |_| numbered("Nortel SLPP or SONMP"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(Transport::EtherType(0x8102), "loop prevention", b"\x00\x01\x00\x64\x02\x00\x5e\x10\x00\x01\x00\x00"),
    sent(Transport::Snap(0x000081, 0x01a2), "topology HELLO", b"\xc0\x00\x02\x01\x00\x01\x01\x1a\x0c\x02\x01"),
    sent(Transport::Snap(0x000081, 0x01a1), "topology flatnet HELLO", b"\xc0\x00\x02\x02\x00\x01\x02\x1a\x0c\x02\x01"),
];
