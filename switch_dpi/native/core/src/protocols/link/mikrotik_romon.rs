//! MikroTik's Router Management Overlay Network (RouterOS documentation), EtherType 0x88bf.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::EtherType(0x88bf);

/// MikroTik RoMON.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mikrotik-romon",
    name: "MikroTik RoMON",
    selector: 1474,
    transports: &[CARRIER],
    probe: |_| numbered("EtherType 0x88bf"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "hello", b"\x01\x00\x00\x14\x02\x00\x5e\x10\x00\x01\x00\x00\x00\x00\x00\x01\x00\x00"),
    sent(CARRIER, "data", b"\x01\x01\x00\x14\x02\x00\x5e\x10\x00\x02\x00\x00\x00\x00\x00\x01\x00\x00"),
];
