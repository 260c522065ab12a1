//! Cell broadcast centre to MME (3GPP TS 29.168), SCTP payload protocol 24.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(24);

/// SBc-AP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sbc-ap",
    name: "SBc-AP",
    selector: 1525,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 24 (TS 29.168)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "write-replace warning request",
        b"\x00\x00\x00\x0f\x00\x00\x02\x00\x05\x00\x02\x11\x12\x00\x0b\x00\x02\x30\x00",
    ),
    answered(
        CARRIER,
        "write-replace warning response",
        b"\x20\x00\x00\x0f\x00\x00\x02\x00\x05\x00\x02\x11\x12\x00\x0b\x00\x02\x30\x00",
    ),
];
