//! Initialisation of Fibre Channel over Ethernet (FC-BB-5 §7.9), EtherType 0x8914.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::EtherType(0x8914);

/// FIP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "fip",
    name: "FIP",
    selector: 1477,
    transports: &[CARRIER],
    probe: |_| numbered("EtherType 0x8914 (FC-BB-5)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "discovery solicitation", b"\x10\x00\x00\x01\x00\x01\x00\x06\x00\x00\x02\x02\x02\x00\x5e\x10\x00\x01\x06\x04\x00\x08\x00\x00\x00\x10\x00\x00\x00\x01"),
    sent(CARRIER, "VLAN request", b"\x10\x00\x00\x04\x00\x01\x00\x02\x00\x00\x02\x02\x02\x00\x5e\x10\x00\x01"),
];
