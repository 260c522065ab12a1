//! Foundry Discovery Protocol (Brocade, Ruckus ICX), SNAP 00e052/2000.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Snap(0x00e052, 0x2000);

/// FDP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "fdp",
    name: "FDP",
    selector: 1485,
    transports: &[CARRIER],
    probe: |_| numbered("SNAP 00e052/2000"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "device and port", b"\x01\x05\x1a\x2b\x00\x01\x00\x08\x73\x77\x31\x00\x00\x03\x00\x0fethernet1/1"),
    sent(CARRIER, "device alone", b"\x01\xb4\x1a\x2b\x00\x01\x00\x07\x73\x77\x32"),
];
