//! E1 application protocol between control and user plane (3GPP TS 37.483), SCTP payload protocol 64.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

/// E1AP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "e1ap",
    name: "E1AP",
    selector: 1537,
    transports: &[Transport::Sctp(64), Transport::Sctp(69)],
    probe: |_| numbered("SCTP payload protocol 64 (TS 37.483)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        Transport::Sctp(64),
        "CU-UP E1 setup request",
        b"\x00\x03\x00\x0f\x00\x00\x02\x00\x39\x00\x02\x00\x00\x00\x07\x00\x02\x00\x01",
    ),
    answered(Transport::Sctp(64), "CU-UP E1 setup response", b"\x20\x03\x00\x09\x00\x00\x01\x00\x39\x00\x02\x00\x00"),
];
