//! Frames of IEEE 802.11 carried in Ethernet (IEEE 802.11 annex H): fast transition, tunnelled direct link setup.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::EtherType(0x890d);

/// IEEE 802.11 data encapsulation.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tdls",
    name: "IEEE 802.11 data encapsulation",
    selector: 1475,
    transports: &[CARRIER],
    probe: |_| numbered("EtherType 0x890d (IEEE 802.11 annex H)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "TDLS setup request", b"\x02\x0c\x00\x01\x00\x00\x01\x08\x82\x84\x8b\x96\x0c\x12\x18\x24"),
    sent(CARRIER, "fast transition request", b"\x01\x01\x02\x00\x5e\x10\x00\x01\x02\x00\x5e\x10\x00\x02\x00\x00"),
];
