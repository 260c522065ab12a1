//! Datagram Congestion Control Protocol (RFC 4340), IP protocol 33.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(33);

/// DCCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dccp",
    name: "DCCP",
    selector: 1408,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 33 (RFC 4340)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "request", b"\xc3\x50\x13\x89\x05\x00\x1a\x2b\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00"),
    answered(CARRIER, "reset", b"\x13\x89\xc3\x50\x07\x00\x1a\x2b\x0f\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x01\x02\x00\x00\x00"),
];
