//! Bearer Independent Call Control over SCTP (ITU-T Q.2150.3), SCTP payload protocol 8.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(8);

/// BICC.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "bicc",
    name: "BICC",
    selector: 1516,
    category: "voip",
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 8 (Q.2150.3)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "initial address message",
        b"\x01\x00\x00\x00\x01\x00\x60\x01\x0a\x03\x02\x0a\x08\x83\x90\x10\x32\x54\x76\x98\x0f\x00",
    ),
    answered(CARRIER, "address complete", b"\x01\x00\x00\x00\x06\x16\x04\x00"),
];
