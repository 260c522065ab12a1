//! Multicast Transport Protocol (RFC 1301), IP protocol 92.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(92);

/// Multicast Transport Protocol.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mtp-ip",
    name: "Multicast Transport Protocol",
    selector: 1433,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 92 (RFC 1301)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "data", b"\x01\x00\x00\x00\x1a\x2b\x3c\x4d\x00\x00\x00\x01\x00\x00\x00\x01"),
    answered(CARRIER, "status", b"\x01\x04\x00\x00\x1a\x2b\x3c\x4d\x00\x00\x00\x01\x00\x00\x00\x02"),
];
