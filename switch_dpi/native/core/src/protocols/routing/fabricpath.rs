//! Cisco's FabricPath: an outer Ethernet header whose addresses are switch numbers, EtherType 0x8903.

use crate::frame::link_type;
use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::probing::inner_packets::ethernet_frame;
use crate::protocol::{Carried, Descriptor, Example, Transport};

const CARRIER: Transport = Transport::EtherType(0x8903);

/// FabricPath.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "fabricpath",
    name: "FabricPath",
    selector: 1462,
    transports: &[CARRIER],
    probe: |_| numbered("EtherType 0x8903"),
    tunnel: Some(carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// Tree and hops in two bytes, and the frame as it was.
fn carried(data: &[u8]) -> Option<Carried<'_>> {
    let frame = data.get(2..)?;
    ethernet_frame(frame)?;
    Some(Carried { link_type: link_type::ETHERNET, data: frame, scope: 0 })
}

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "tag and inner frame",
        b"\x04\x20\xff\xff\xff\xff\xff\xff\x02\x00\x5e\x10\x00\x01\x08\x06\x00\x01\x08\x00",
    ),
    sent(CARRIER, "another tree", b"\x08\x60\x02\x00\x5e\x10\x00\x02\x02\x00\x5e\x10\x00\x01\x08\x00\x45\x00"),
];
