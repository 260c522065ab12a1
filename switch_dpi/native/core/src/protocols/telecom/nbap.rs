//! NodeB application part (3GPP TS 25.433), SCTP payload protocol 25.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(25);

/// NBAP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "nbap",
    name: "NBAP",
    selector: 1526,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 25 (TS 25.433)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "common measurement report", b"\x00\x05\x01\x00\x0a\x00\x00\x01\x00\x4d\x40\x03\x00\x01\x02"),
    sent(CARRIER, "radio link setup", b"\x00\x1b\x20\x00\x0a\x00\x00\x01\x00\x47\x00\x03\x00\x01\x02"),
];
