//! Versatile Message Transaction Protocol (RFC 1045), IP protocol 81.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(81);

/// VMTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "vmtp",
    name: "VMTP",
    selector: 1431,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 81 (RFC 1045)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "request", b"\x80\x00\x00\x00\x00\x00\x13\x88\x01\x00\x00\x20\x00\x00\x00\x01"),
    answered(CARRIER, "response", b"\x80\x00\x00\x00\x00\x00\x13\x88\x01\x00\x00\x40\x00\x00\x00\x01"),
];
