//! IS-IS carried in IPv4 (draft-ietf-isis-wg-over-ip), IP protocol 124.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(124);

/// IS-IS over IPv4.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "isis-ip",
    name: "IS-IS over IPv4",
    selector: 1416,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 124 (IANA)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "point-to-point HELLO", b"\x83\x14\x01\x00\x11\x01\x00\x00\x03\x00\x00\x00\x00\x00\x01\x00\x1e\x00\x14\x01"),
    sent(CARRIER, "level 2 complete sequence numbers", b"\x83\x21\x01\x00\x19\x01\x00\x00\x00\x21\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"),
];
