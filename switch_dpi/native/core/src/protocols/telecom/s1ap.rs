//! S1 application protocol between eNodeB and MME (3GPP TS 36.413), SCTP payload protocol 18.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(18);

/// S1AP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "s1ap",
    name: "S1AP",
    selector: 1521,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 18 (TS 36.413)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "S1 setup request", b"\x00\x11\x00\x1a\x00\x00\x03\x00\x3b\x40\x08\x00\xf1\x10\x00\x01\xa2\xb0\x00\x3c\x40\x02\x00\x80\x00\x40\x00\x06\x00\x00\x01\x00\xf1\x10"),
    answered(CARRIER, "S1 setup response", b"\x20\x11\x00\x0f\x00\x00\x02\x00\x69\x00\x05\x00\x00\xf1\x10\x80\x01\x00\x57\x40\x01\xff"),
];
