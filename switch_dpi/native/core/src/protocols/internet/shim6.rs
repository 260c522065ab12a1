//! Site multihoming shim for IPv6 (RFC 5533), IP protocol 140.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(140);

/// Shim6.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "shim6",
    name: "Shim6",
    selector: 1412,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 140 (RFC 5533)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "I1", b"\x3b\x01\x01\x00\x1a\x2b\x00\x00\x00\x00\x1a+<M^o"),
    answered(CARRIER, "R1", b"\x3b\x01\x02\x00\x1a\x2b\x00\x00\x1a+<M^op\x81"),
];
