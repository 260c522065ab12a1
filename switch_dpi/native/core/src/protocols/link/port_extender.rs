//! Bridge port extension (IEEE 802.1BR): the edge control protocol. The E-TAG is passed over, as a VLAN tag is.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

/// IEEE 802.1BR.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "port-extender",
    name: "IEEE 802.1BR",
    selector: 1476,
    transports: &[Transport::EtherType(0x8940)],
    probe: |_| numbered("EtherType 0x8940 (IEEE 802.1BR)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[sent(Transport::EtherType(0x8940), "ECP request", b"\x01\x01\x00\x01\x86\x00\x1a\x2b")];
