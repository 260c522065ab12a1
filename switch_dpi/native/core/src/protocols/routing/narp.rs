//! NBMA address resolution (RFC 1735), IP protocol 54, and its successor NHRP (RFC 2332) where it is sent over IP.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(54);

/// NARP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "narp",
    name: "NARP",
    selector: 1420,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 54 (RFC 1735)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "resolution request",
        b"\x01\xff\x00\x18\x01\x00\x1a\x2b\xc0\x00\x02\x01\xc0\x00\x02\x02\x00\x00\x00\x00\x00\x00\x00\x00",
    ),
    answered(CARRIER, "resolution reply", b"\x01\xff\x00\x18\x02\x00\x1a\x2b\xc0\x00\x02\x01\xc0\x00\x02\x02"),
];
