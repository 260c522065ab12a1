//! IEEE 1905.1 topology of home networks, which Wi-Fi EasyMesh uses, EtherType 0x893a.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::EtherType(0x893a);

/// IEEE 1905.1.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ieee1905",
    name: "IEEE 1905.1",
    selector: 1471,
    transports: &[CARRIER],
    probe: |_| numbered("EtherType 0x893a (IEEE 1905.1)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "topology discovery", b"\x00\x00\x00\x00\x00\x01\x00\x80\x01\x00\x06\x02\x00\x5e\x10\x00\x01\x02\x00\x06\x02\x00\x5e\x10\x00\x01\x00\x00\x00"),
    sent(CARRIER, "autoconfiguration search", b"\x00\x00\x00\x07\x00\x02\x00\xc0\x01\x00\x06\x02\x00\x5e\x10\x00\x01\x0d\x00\x01\x00\x0e\x00\x01\x00\x00\x00\x00"),
];
