//! M3 application protocol of broadcast sessions (3GPP TS 36.444), SCTP payload protocol 44.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(44);

/// M3AP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "m3ap",
    name: "M3AP",
    selector: 1532,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 44 (TS 36.444)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "session start request", b"\x00\x00\x00\x0a\x00\x00\x01\x00\x00\x00\x03\x40\x00\x01"),
    answered(CARRIER, "session start response", b"\x20\x00\x00\x0a\x00\x00\x01\x00\x00\x00\x03\x40\x00\x01"),
];
