//! F1 application protocol between central and distributed unit (3GPP TS 38.473), SCTP payload protocol 62.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

/// F1AP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "f1ap",
    name: "F1AP",
    selector: 1536,
    transports: &[Transport::Sctp(62), Transport::Sctp(68)],
    probe: |_| numbered("SCTP payload protocol 62 (TS 38.473)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        Transport::Sctp(62),
        "F1 setup request",
        b"\x00\x01\x00\x0f\x00\x00\x02\x00\x4e\x00\x02\x00\x00\x00\x2a\x00\x02\x00\x01",
    ),
    answered(Transport::Sctp(62), "F1 setup response", b"\x20\x01\x00\x09\x00\x00\x01\x00\x4e\x00\x02\x00\x00"),
];
