//! Forwarding and control element separation (RFC 5811): high, medium and low priority channel, SCTP payload protocols 21 to 23.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

/// ForCES.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "forces",
    name: "ForCES",
    selector: 1524,
    transports: &[Transport::Sctp(21), Transport::Sctp(22), Transport::Sctp(23)],
    probe: |_| numbered("SCTP payload protocol 21 to 23 (RFC 5811)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        Transport::Sctp(21),
        "association setup",
        b"\x10\x01\x00\x06\x00\x00\x00\x02\x40\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\xf8\x00\x00\x00",
    ),
    sent(
        Transport::Sctp(23),
        "heartbeat",
        b"\x10\x0f\x00\x06\x00\x00\x00\x02\x40\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00",
    ),
];
