//! Cisco Group Management Protocol, SNAP 00000c/2001.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Snap(0x00000c, 0x2001);

/// CGMP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "cgmp",
    name: "CGMP",
    selector: 1489,
    transports: &[CARRIER],
    probe: |_| numbered("SNAP 00000c/2001"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "join", b"\x10\x00\x00\x01\x01\x00\x5e\x01\x02\x03\x02\x00\x5e\x10\x00\x01"),
    sent(CARRIER, "leave", b"\x11\x00\x00\x01\x01\x00\x5e\x01\x02\x03\x00\x00\x00\x00\x00\x00"),
];
