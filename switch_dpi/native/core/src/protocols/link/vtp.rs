//! Cisco's VLAN Trunking Protocol, SNAP 00000c/2003.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Snap(0x00000c, 0x2003);

/// VTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "vtp",
    name: "VTP",
    selector: 1480,
    risk: Some(20),
    transports: &[CARRIER],
    probe: |_| numbered("SNAP 00000c/2003"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "summary advertisement", b"\x01\x01\x00\x04lab1\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07\xc0\x00\x02\x01260101120000\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    sent(CARRIER, "request", b"\x01\x03\x00\x04lab1\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
];
