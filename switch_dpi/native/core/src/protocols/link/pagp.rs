//! Cisco's Port Aggregation Protocol, SNAP 00000c/0104.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Snap(0x00000c, 0x0104);

/// PAgP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "pagp",
    name: "PAgP",
    selector: 1483,
    transports: &[CARRIER],
    probe: |_| numbered("SNAP 00000c/0104"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "information", b"\x01\x01\x00\x02\x00\x5e\x10\x00\x01\x00\x00\x00\x02\x00\x01\x00\x01\x00\x01\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    sent(CARRIER, "flush", b"\x02\x01\x02\x00\x5e\x10\x00\x01\x02\x00\x5e\x10\x00\x02\x00\x00\x00\x01"),
];
