//! SCCP user adaptation (RFC 3868), SCTP payload protocol 4.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(4);

/// SUA.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sua",
    name: "SUA",
    selector: 1513,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 4 (RFC 3868)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "ASP up", b"\x01\x00\x03\x01\x00\x00\x00\x08"),
    sent(CARRIER, "heartbeat", b"\x01\x00\x03\x03\x00\x00\x00\x10\x00\x09\x00\x08\x1a\x2b\x3c\x4d"),
];
