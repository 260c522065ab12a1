//! M2 application protocol of broadcast cells (3GPP TS 36.443), SCTP payload protocol 43.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(43);

/// M2AP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "m2ap",
    name: "M2AP",
    selector: 1531,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 43 (TS 36.443)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "M2 setup request", b"\x00\x05\x00\x0f\x00\x00\x01\x00\x0e\x00\x08\x00\x00\xf1\x10\x00\x01\xa2\xb0"),
    answered(CARRIER, "session start response", b"\x20\x00\x00\x0b\x00\x00\x01\x00\x00\x00\x03\x40\x00\x01"),
];
