//! Mobility header of Mobile IPv6 (RFC 6275 §6.1), IP protocol 135.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(135);

/// Mobile IPv6.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mobile-ipv6",
    name: "Mobile IPv6",
    selector: 1410,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 135 (RFC 6275)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "binding update", b"\x3b\x01\x05\x00\x1a\x2b\x00\x01\x80\x00\x00\x3c\x01\x02\x00\x00"),
    answered(CARRIER, "binding acknowledgement", b"\x3b\x01\x06\x00\x1a\x2b\x00\x00\x00\x01\x00\x3c\x01\x02\x00\x00"),
];
