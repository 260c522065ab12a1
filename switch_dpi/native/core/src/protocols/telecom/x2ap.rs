//! X2 application protocol between eNodeBs (3GPP TS 36.423), SCTP payload protocol 27.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(27);

/// X2AP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "x2ap",
    name: "X2AP",
    selector: 1527,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 27 (TS 36.423)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "X2 setup request", b"\x00\x06\x00\x0f\x00\x00\x01\x00\x15\x00\x08\x00\x00\xf1\x10\x00\x01\xa2\xb0"),
    answered(
        CARRIER,
        "X2 setup response",
        b"\x20\x06\x00\x0f\x00\x00\x01\x00\x15\x00\x08\x00\x00\xf1\x10\x00\x01\xa2\xb1",
    ),
];
