//! Aggregate Server Access Protocol of reliable server pooling (RFC 5352), SCTP payload protocol 11.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(11);

/// ASAP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "asap",
    name: "ASAP",
    selector: 1519,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 11 (RFC 5352)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "handle resolution", b"\x05\x00\x00\x10\x00\x09\x00\x0cechopool"),
    answered(CARRIER, "registration response", b"\x03\x00\x00\x10\x00\x09\x00\x08echo\x00\x0e\x00\x04"),
];
