//! Cisco's FabricPath: an outer Ethernet header whose addresses are switch numbers, EtherType 0x8903.

use crate::probing::answers::{numbered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::EtherType(0x8903);

/// FabricPath.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "fabricpath",
    name: "FabricPath",
    selector: 1462,
    transports: &[CARRIER],
    probe: |_| numbered("EtherType 0x8903"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "tag and inner frame", b"\x04\x20\xff\xff\xff\xff\xff\xff\x02\x00\x5e\x10\x00\x01\x08\x06\x00\x01\x08\x00"),
    sent(CARRIER, "another tree", b"\x08\x60\x02\x00\x5e\x10\x00\x02\x02\x00\x5e\x10\x00\x01\x08\x00\x45\x00"),
];
