//! SCTP (RFC 9260), IP protocol 132: an association whose user is not told by a payload protocol identifier.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(132);

/// SCTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sctp",
    name: "SCTP",
    selector: 11,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 132 (RFC 9260)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "INIT", b"\x0b\x5a\x0b\x59\x00\x00\x00\x00\x1f\x2e\x3d\x4c\x01\x00\x00\x14\x1a\x2b\x3c\x4d\x00\x01\xf4\x00\x00\x0a\xff\xff\x00\x00\x00\x01"),
    answered(CARRIER, "HEARTBEAT", b"\x0b\x59\x0b\x5a\x1a\x2b\x3c\x4d\x0c\x0d\x0e\x0f\x04\x00\x00\x0c\x00\x01\x00\x08\xde\xad\xbe\xef"),
];
