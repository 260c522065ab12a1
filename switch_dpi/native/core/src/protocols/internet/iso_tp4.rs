//! ISO transport protocol, class 4, over IP (RFC 905), IP protocol 29.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(29);

/// ISO Transport Protocol Class 4.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "iso-tp4",
    name: "ISO Transport Protocol Class 4",
    selector: 1435,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 29 (RFC 905)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "connection request", b"\x06\xe0\x00\x00\x1a\x2b\x40"),
    answered(CARRIER, "connection confirm", b"\x06\xd0\x1a+<M@"),
];
