//! Fibre Channel in IP, IP protocol 133 (IANA; RFC 6172).

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(133);

/// Fibre Channel.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "fibre-channel-ip",
    name: "Fibre Channel",
    selector: 1426,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 133 (RFC 6172)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "a frame",
        b"\x06\x01\x02\x03\x00\x01\x02\x04\x08\x29\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00",
    ),
    answered(
        CARRIER,
        "another",
        b"\x98\x01\x02\x04\x00\x01\x02\x03\x08\x99\x00\x00\x00\x00\x00\x00\xff\xff\x00\x01\x00\x00\x00\x00",
    ),
];
