//! NSFNET interior gateway protocol (RFC 1074), IP protocol 85.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(85);

/// NSFNET-IGP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "nsfnet-igp",
    name: "NSFNET-IGP",
    selector: 1437,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 85 (RFC 1074)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "HELLO", b"\x83\x14\x01\x00\x11\x01\x00\x00"),
    answered(CARRIER, "link state", b"\x83\x1b\x01\x00\x14\x01\x00\x00"),
];
