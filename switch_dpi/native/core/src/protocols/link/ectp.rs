//! Loopback of the Ethernet 2.0 specification §8, EtherType 0x9000; many switches send it to find loops.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::EtherType(0x9000);

/// Ethernet Configuration Testing Protocol.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ectp",
    name: "Ethernet Configuration Testing Protocol",
    selector: 1460,
    transports: &[CARRIER],
    probe: |_| numbered("EtherType 0x9000 (Ethernet 2.0 §8)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "reply without forwarding", b"\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    sent(CARRIER, "forward, then reply", b"\x00\x00\x02\x00\x02\x00\x5e\x10\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
];
