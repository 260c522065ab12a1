//! Cisco's Dynamic Trunking Protocol, SNAP 00000c/2004.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Snap(0x00000c, 0x2004);

/// DTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dtp",
    name: "DTP",
    selector: 1481,
    transports: &[CARRIER],
    probe: |_| numbered("SNAP 00000c/2004"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "access, desirable",
        b"\x01\x00\x01\x00\x09lab1\x00\x00\x02\x00\x05\x03\x00\x03\x00\x05\xa5\x00\x04\x00\x0a\x02\x00\x5e\x10\x00\x01",
    ),
    sent(
        CARRIER,
        "trunk",
        b"\x01\x00\x01\x00\x05\x00\x00\x02\x00\x05\x81\x00\x03\x00\x05\xa5\x00\x04\x00\x0a\x02\x00\x5e\x10\x00\x02",
    ),
];
