//! Xn application protocol between gNodeBs (3GPP TS 38.423), SCTP payload protocol 61.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

/// XnAP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "xnap",
    name: "XnAP",
    selector: 1535,
    transports: &[Transport::Sctp(61), Transport::Sctp(67)],
    probe: |_| numbered("SCTP payload protocol 61 (TS 38.423)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        Transport::Sctp(61),
        "Xn setup request",
        b"\x00\x11\x00\x0f\x00\x00\x01\x00\x1b\x00\x08\x00\x00\xf1\x10\x00\x00\x00\x01",
    ),
    answered(
        Transport::Sctp(61),
        "Xn setup response",
        b"\x20\x11\x00\x0f\x00\x00\x01\x00\x1b\x00\x08\x00\x00\xf1\x10\x00\x00\x00\x02",
    ),
];
