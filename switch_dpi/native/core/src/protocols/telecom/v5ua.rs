//! V5.2 user adaptation (RFC 3807), SCTP payload protocol 6.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(6);

/// V5UA.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "v5ua",
    name: "V5UA",
    selector: 1515,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 6 (RFC 3807)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "ASP up", b"\x01\x00\x03\x01\x00\x00\x00\x08"),
    sent(CARRIER, "establish request", b"\x01\x00\x0e\x05\x00\x00\x00\x10\x00\x81\x00\x08\x00\x00\x00\x01"),
];
