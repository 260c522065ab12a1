//! RANAP user adaptation of home NodeBs (3GPP TS 25.468), SCTP payload protocol 19.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(19);

/// RUA.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rua",
    name: "RUA",
    selector: 1522,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 19 (TS 25.468)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "connect",
        b"\x00\x01\x40\x12\x00\x00\x03\x00\x07\x40\x01\x00\x00\x03\x40\x03\x00\x00\x01\x00\x06\x40\x01\x00",
    ),
    sent(CARRIER, "direct transfer", b"\x00\x02\x40\x0b\x00\x00\x02\x00\x07\x40\x01\x00\x00\x03\x40\x03\x00\x00\x01"),
];
