//! SSCOP for multilink and connectionless links (ITU-T Q.2111), IP protocol 128.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(128);

/// SSCOPMCE.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sscopmce",
    name: "SSCOPMCE",
    selector: 1438,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 128 (Q.2111)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "BGN", b"\x01\x00\x00\x00\x00\x00\x00\x01"),
    answered(CARRIER, "BGAK", b"\x02\x00\x00\x00\x00\x00\x00\x01"),
];
