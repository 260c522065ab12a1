//! RNSAP above RNSAP user adaptation, between home NodeBs (3GPP TS 25.471, TS 25.423), SCTP payload protocol 42.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(42);

/// RNSAP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rna",
    name: "RNSAP",
    selector: 1530,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 42 (TS 25.471)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "connect", b"\x00\x01\x40\x0f\x00\x00\x02\x00\x01\x40\x03\x00\x00\x01\x00\x03\x40\x03\x00\x01\x02"),
    sent(CARRIER, "disconnect", b"\x00\x03\x40\x08\x00\x00\x01\x00\x01\x40\x03\x00\x00\x01"),
];
