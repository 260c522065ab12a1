//! Reliable Data Protocol (RFC 908, RFC 1151), IP protocol 27; not the remote desktop.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(27);

/// Reliable Data Protocol.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rdp-rfc908",
    name: "Reliable Data Protocol",
    selector: 1421,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 27 (RFC 908)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "SYN of version 2",
        b"\x82\x0a\x13\x88\x13\x89\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x1a\x2b\x3c\x4d\x00\x10\x04\x00\x00\x00",
    ),
    answered(CARRIER, "ACK", b"\x42\x09\x13\x89\x13\x88\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01\x1a\x2b\x3c\x4d"),
];
