//! Bridge port extension (IEEE 802.1BR): the E-TAG and the edge control protocol.

use crate::probing::answers::{numbered, sent};
use crate::protocol::{Descriptor, Example, Transport};

/// IEEE 802.1BR.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "port-extender",
    name: "IEEE 802.1BR",
    selector: 1476,
    transports: &[Transport::EtherType(0x893f), Transport::EtherType(0x8940)],
    probe: |_| numbered("EtherType of IEEE 802.1BR or ECP"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(Transport::EtherType(0x893f), "E-TAG before IPv4", b"\x00\x01\x10\x01\x00\x00\x08\x00\x45\x00\x00\x14"),
    sent(Transport::EtherType(0x8940), "ECP request", b"\x01\x01\x00\x01\x86\x00\x1a\x2b"),
];
