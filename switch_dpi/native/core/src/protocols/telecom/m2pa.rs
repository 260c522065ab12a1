//! MTP2 peer-to-peer adaptation (RFC 4165), SCTP payload protocol 5.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(5);

/// M2PA.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "m2pa",
    name: "M2PA",
    selector: 1514,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 5 (RFC 4165)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "link status alignment",
        b"\x01\x00\x0b\x02\x00\x00\x00\x14\x00\xff\xff\xff\x00\xff\xff\xff\x00\x00\x00\x01",
    ),
    sent(
        CARRIER,
        "user data",
        b"\x01\x00\x0b\x01\x00\x00\x00\x18\x00\x00\x00\x01\x00\x00\x00\x00\x09\x85\x01\x02\x03\x04\x05\x06",
    ),
];
