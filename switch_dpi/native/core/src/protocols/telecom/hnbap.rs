//! Home NodeB application part (3GPP TS 25.469), SCTP payload protocol 20.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(20);

/// HNBAP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "hnbap",
    name: "HNBAP",
    selector: 1523,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 20 (TS 25.469)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "HNB register request", b"\x00\x01\x00\x0f\x00\x00\x01\x00\x03\x40\x08\x071234567"),
    answered(CARRIER, "HNB register accept", b"\x20\x01\x00\x09\x00\x00\x01\x00\x08\x40\x02\x00\x01"),
];
