//! MANET messages over IP directly (RFC 5498), in the packet format of RFC 5444: OLSRv2, NHDP.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(138);

/// MANET.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "manet",
    name: "MANET",
    selector: 1411,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 138 (RFC 5498)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "NHDP HELLO", b"\x08\x00\x01\x00\x33\x00\x10\xc0\x00\x02\x01\x00\x04\x07\x00\x01\x00"),
    sent(CARRIER, "packet without messages", b"\x00\x00"),
];
