//! Multiple Registration Protocol (IEEE 802.1Q clause 10): MVRP for VLANs, MMRP for groups, MSRP for streams.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

/// MRP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mrp",
    name: "MRP",
    selector: 1458,
    transports: &[Transport::EtherType(0x88f5), Transport::EtherType(0x88f6), Transport::EtherType(0x22ea)],
    probe: |_| numbered("EtherType of MVRP, MMRP or MSRP"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(Transport::EtherType(0x88f5), "MVRP: join VLAN 1 and 2", b"\x00\x01\x02\x20\x00\x00\x01\x8c\x00\x00\x00\x00"),
    sent(
        Transport::EtherType(0x88f6),
        "MMRP: all groups leave",
        b"\x00\x02\x06\x20\x00\x01\x00\x5e\x00\x00\x01\x00\x00\x00\x00\x00",
    ),
    sent(
        Transport::EtherType(0x22ea),
        "MSRP domain",
        b"\x00\x04\x04\x00\x09\x00\x01\x06\x03\x00\x02\x48\x00\x00\x00\x00",
    ),
];
