//! AppleTalk datagrams (DDP) and address resolution (AARP), from "Inside AppleTalk".

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

/// AppleTalk.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "appletalk",
    name: "AppleTalk",
    selector: 1468,
    transports: &[
        Transport::EtherType(0x809b),
        Transport::EtherType(0x80f3),
        Transport::Snap(0x080007, 0x809b),
        Transport::Snap(0x000000, 0x80f3),
    ],
    probe: |_| numbered("AppleTalk datagram or address probe"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(Transport::EtherType(0x809b), "DDP with a routing table request", b"\x00\x0e\x00\x00\x00\x00\xff\x00\xff\x0a\x01\x01\x05\x01\x1a\x2b"),
    sent(Transport::EtherType(0x80f3), "AARP probe", b"\x00\x01\x80\x9b\x06\x04\x00\x03\x02\x00\x5e\x10\x00\x01\x00\xff\x00\x0a\x00\x00\x00\x00\x00\x00\x00\xff\x00\x0a"),
    sent(Transport::Snap(0x080007, 0x809b), "DDP of phase 2", b"\x00\x0e\x00\x00\x00\x00\xff\x00\xff\x0a\x01\x01\x05\x01\x1a\x2b"),
];
