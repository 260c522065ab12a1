//! ISDN Q.921 user adaptation (RFC 4233), SCTP payload protocol 1.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(1);

/// IUA.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "iua",
    name: "IUA",
    selector: 1510,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 1 (RFC 4233)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "ASP up", b"\x01\x00\x03\x01\x00\x00\x00\x08"),
    sent(CARRIER, "data request", b"\x01\x00\x05\x01\x00\x00\x00\x1c\x00\x01\x00\x08\x00\x00\x00\x01\x00\x05\x00\x08\x00\x80\x00\x01\x00\x09\x00\x04"),
];
