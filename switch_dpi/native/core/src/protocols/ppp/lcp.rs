//! PPP Link Control Protocol (RFC 1661 §5), PPP protocol 0xc021.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ppp(0xc021);

/// PPP LCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "lcp",
    name: "PPP LCP",
    selector: 1493,
    transports: &[CARRIER],
    probe: |_| numbered("PPP protocol 0xc021 (RFC 1661)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "configure request",
        b"\x01\x01\x00\x12\x01\x04\x05\xd4\x03\x04\xc0\x23\x05\x06\x1a\x2b\x3c\x4d\x00\x00",
    ),
    answered(CARRIER, "configure acknowledgement", b"\x02\x01\x00\x0e\x01\x04\x05\xd4\x05\x06\x1a\x2b\x3c\x4d"),
    sent(CARRIER, "echo request", b"\x09\x02\x00\x08\x1a\x2b\x3c\x4d"),
];
