//! Pragmatic General Multicast (RFC 3208), IP protocol 113; its UDP form has no mark of its own.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(113);

/// PGM.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "pgm",
    name: "PGM",
    selector: 1403,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 113 (RFC 3208)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "SPM", b"\x13\x88\x13\x89\x00\x00\x54\xdc\xc0\x00\x02\x01\x00\x01\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x06\x00\x01\x00\x00\xc0\x00\x02\x01"),
    sent(CARRIER, "ODATA", b"\x13\x88\x13\x89\x04\x00\x2b\x06\xc0\x00\x02\x01\x00\x01\x00\x04\x00\x00\x00\x07\x00\x00\x00\x01test"),
];
