//! Cisco Wireless LAN Context Control Protocol and Aironet discovery (DDP), EtherType 0x872d, SNAP 004096/0000.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

/// WLCCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "wlccp",
    name: "WLCCP",
    selector: 1491,
    transports: &[Transport::EtherType(0x872d), Transport::Snap(0x004096, 0x0000)],
    probe: |_| numbered("Cisco wireless control frame"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(Transport::EtherType(0x872d), "access point registration", b"\xc1\x00\x00\x20\x40\x81\x00\x01\x00\x00\x00\x00\x00\x01\x02\x00\x5e\x10\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"),
    sent(Transport::Snap(0x004096, 0x0000), "Aironet frame", b"\x00\x20\x02\x00\x02\x00\x5e\x10\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
];
