//! W1 application protocol of a split ng-eNodeB (3GPP TS 37.473), SCTP payload protocol 73.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(73);

/// W1AP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "w1ap",
    name: "W1AP",
    selector: 1539,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 73 (TS 37.473)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "W1 setup request", b"\x00\x01\x00\x09\x00\x00\x01\x00\x4e\x00\x02\x00\x00"),
    answered(CARRIER, "W1 setup response", b"\x20\x01\x00\x09\x00\x00\x01\x00\x4e\x00\x02\x00\x00"),
];
