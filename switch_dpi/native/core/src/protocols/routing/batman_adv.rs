//! B.A.T.M.A.N. Advanced, a mesh of layer 2 (Linux `batadv_packet.h`), EtherType 0x4305.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::EtherType(0x4305);

/// B.A.T.M.A.N. Advanced.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "batman-adv",
    name: "B.A.T.M.A.N. Advanced",
    selector: 1465,
    transports: &[CARRIER],
    probe: |_| numbered("EtherType 0x4305"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "version 15 originator message",
        b"\x00\x0f\x32\x00\x00\x00\x1a\x2b\x02\x00\x5e\x10\x00\x01\x02\x00\x5e\x10\x00\x01\x00\xff\x00\x00",
    ),
    sent(CARRIER, "unicast", b"\x40\x0f\x32\x01\x02\x00\x5e\x10\x00\x02"),
];
