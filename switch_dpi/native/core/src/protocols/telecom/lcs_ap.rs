//! Location services between MME and E-SMLC (3GPP TS 29.171), SCTP payload protocol 29.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(29);

/// LCS-AP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "lcs-ap",
    name: "LCS-AP",
    selector: 1528,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 29 (TS 29.171)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "location request",
        b"\x00\x00\x00\x0d\x00\x00\x02\x00\x02\x00\x04\x00\x00\x00\x01\x00\x12\x00\x01\x00",
    ),
    answered(CARRIER, "location response", b"\x20\x00\x00\x08\x00\x00\x01\x00\x02\x00\x04\x00\x00\x00\x01"),
];
