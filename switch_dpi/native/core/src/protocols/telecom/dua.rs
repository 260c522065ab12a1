//! DPNSS/DASS 2 user adaptation (RFC 4129), SCTP payload protocol 10.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(10);

/// DUA.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dua",
    name: "DUA",
    selector: 1518,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 10 (RFC 4129)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "ASP up", b"\x01\x00\x03\x01\x00\x00\x00\x08"),
    sent(CARRIER, "data request", b"\x01\x00\x05\x01\x00\x00\x00\x10\x00\x01\x00\x08\x00\x00\x00\x01"),
];
