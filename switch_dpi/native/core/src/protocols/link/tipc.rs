//! Transparent Inter Process Communication version 2 (TIPC protocol specification), EtherType 0x88ca; also over UDP 6118 without a mark of its own.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::EtherType(0x88ca);

/// TIPC.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tipc",
    name: "TIPC",
    selector: 1463,
    transports: &[CARRIER],
    probe: |_| numbered("EtherType 0x88ca"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "discovery request", b"\x5b\x40\x00\x18\x00\x00\x00\x00\x00\x00\x10\x01\x10\x01\x10\x01\x00\x00\x12\x67\x00\x00\x00\x01\x02\x00\x5e\x10\x00\x01\x00\x00"),
    sent(CARRIER, "data", b"\x40\x50\x00\x20\x00\x00\x00\x01\x00\x01\x00\x01\x01\x00\x10\x01"),
];
