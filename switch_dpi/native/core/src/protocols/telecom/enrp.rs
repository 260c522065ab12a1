//! Endpoint Handlespace Redundancy Protocol (RFC 5353), SCTP payload protocol 12.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(12);

/// ENRP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "enrp",
    name: "ENRP",
    selector: 1520,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 12 (RFC 5353)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "presence", b"\x01\x01\x00\x0c\x1a\x2b\x3c\x4d\x00\x00\x00\x00"),
    sent(CARRIER, "handle table request", b"\x02\x00\x00\x0c\x1a\x2b\x3c\x4d\x00\x00\x00\x00"),
];
