//! E2 application protocol to the near-real-time controller (O-RAN WG3 E2AP), SCTP payload protocols 70 to 72.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

/// E2AP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "e2ap",
    name: "E2AP",
    selector: 1538,
    transports: &[Transport::Sctp(70), Transport::Sctp(71), Transport::Sctp(72)],
    probe: |_| numbered("SCTP payload protocol 70 to 72 (O-RAN)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        Transport::Sctp(70),
        "E2 setup request",
        b"\x00\x01\x00\x0f\x00\x00\x01\x00\x03\x00\x08\x00\x00\xf1\x10\x00\x00\x00\x01",
    ),
    sent(Transport::Sctp(72), "indication", b"\x00\x05\x40\x09\x00\x00\x01\x00\x1d\x00\x02\x00\x01"),
];
