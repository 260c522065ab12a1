//! Extreme Discovery Protocol, with ELRP and EAPS of the same frame (Extreme Networks), SNAP 00e02b/00bb.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Snap(0x00e02b, 0x00bb);

/// EDP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "edp",
    name: "EDP",
    selector: 1484,
    transports: &[CARRIER],
    probe: |_| numbered("SNAP 00e02b/00bb"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "display and information", b"\x01\x00\x00\x20\x1a\x2b\x00\x01\x00\x00\x02\x00\x5e\x10\x00\x01\x99\x01\x00\x08\x73\x77\x31\x00\x99\x00\x00\x04"),
    sent(CARRIER, "EAPS", b"\x01\x00\x00\x24\x1a\x2b\x00\x02\x00\x00\x02\x00\x5e\x10\x00\x01\x99\x0b\x00\x10\x01\x00\x00\x0c\x00\x01\x00\x64\x0a"),
];
