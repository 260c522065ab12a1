//! Inter-Domain Routing Protocol (ISO 10747), IP protocol 45.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(45);

/// IDRP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "idrp",
    name: "IDRP",
    selector: 1418,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 45 (IANA)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "OPEN", b"\x85\x00\x1e\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x04"),
    sent(CARRIER, "KEEPALIVE", b"\x85\x00\x11\x04\x00\x00\x00\x02\x00\x00\x00\x01\x00\x04"),
];
