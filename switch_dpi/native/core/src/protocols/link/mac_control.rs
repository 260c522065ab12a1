//! MAC control frames (IEEE 802.3 clause 31): PAUSE, priority flow control, MPCP of passive optical networks.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::EtherType(0x8808);

/// MAC Control.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mac-control",
    name: "MAC Control",
    selector: 1473,
    transports: &[CARRIER],
    probe: |_| numbered("EtherType 0x8808 (IEEE 802.3 clause 31)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "PAUSE", b"\x00\x01\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    sent(CARRIER, "priority flow control", b"\x01\x01\x00\x08\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
];
