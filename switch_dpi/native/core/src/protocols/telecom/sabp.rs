//! Service area broadcast protocol (3GPP TS 25.419), SCTP payload protocol 31.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(31);

/// SABP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sabp",
    name: "SABP",
    selector: 1529,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 31 (TS 25.419)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "write-replace", b"\x00\x00\x00\x0b\x00\x00\x01\x00\x06\x00\x03\x00\x11\x12"),
    answered(CARRIER, "write-replace complete", b"\x20\x00\x00\x0b\x00\x00\x01\x00\x06\x00\x03\x00\x11\x12"),
];
