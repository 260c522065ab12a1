//! Connectivity Fault Management (IEEE 802.1Q clause 20) and Y.1731 performance measurement (ITU-T G.8013), EtherType 0x8902.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::EtherType(0x8902);

/// CFM.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "cfm",
    name: "CFM",
    selector: 1456,
    transports: &[CARRIER],
    probe: |_| numbered("EtherType 0x8902 (IEEE 802.1Q clause 20)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "continuity check", b"\xa0\x01\x04\x46\x00\x00\x00\x01\x00\x01\x01\x02\x04mad1\x02\x03\x6d\x61\x31\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    sent(CARRIER, "loopback message", b"\xa0\x03\x00\x04\x00\x00\x00\x01\x00"),
    sent(CARRIER, "two-way delay measurement", b"\xa0\x2f\x00\x20\x5f\x0a\x1b\x2c\x00\x01\xe2\x40\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
];
