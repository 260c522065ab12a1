//! Spanning tree (IEEE 802.1D, 802.1w, 802.1Q clause 13) over LLC 0x42, and Cisco's one for each VLAN (PVST+) over SNAP.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

/// STP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "stp",
    name: "STP",
    selector: 1479,
    transports: &[Transport::Llc(0x42), Transport::Snap(0x00000c, 0x010b)],
    probe: |_| numbered("bridge protocol data unit"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(Transport::Llc(0x42), "configuration", b"\x00\x00\x00\x00\x00\x80\x00\x02\x00\x5e\x10\x00\x01\x00\x00\x00\x00\x80\x00\x02\x00\x5e\x10\x00\x01\x80\x01\x00\x00\x14\x00\x02\x00\x0f\x00"),
    sent(Transport::Llc(0x42), "rapid spanning tree", b"\x00\x00\x02\x02\x3c\x80\x00\x02\x00\x5e\x10\x00\x01\x00\x00\x00\x04\x80\x00\x02\x00\x5e\x10\x00\x02\x80\x02\x00\x01\x14\x00\x02\x00\x0f\x00\x00"),
    sent(Transport::Llc(0x42), "topology change", b"\x00\x00\x00\x80"),
    sent(Transport::Snap(0x00000c, 0x010b), "PVST+ of VLAN 10", b"\x00\x00\x02\x02\x3c\x80\x0a\x02\x00\x5e\x10\x00\x01\x00\x00\x00\x00\x80\x0a\x02\x00\x5e\x10\x00\x01\x80\x01\x00\x00\x14\x00\x02\x00\x0f\x00\x00\x00\x00\x00\x02\x00\x0a"),
];
