//! PPP control protocol for Cisco Discovery Protocol (Cisco), PPP protocol 0x8207.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ppp(0x8207);

/// PPP CDPCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "cdpcp",
    name: "PPP CDPCP",
    selector: 1500,
    transports: &[CARRIER],
    probe: |_| numbered("PPP protocol 0x8207 (Cisco)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "configure request", b"\x01\x01\x00\x04"),
    answered(CARRIER, "configure acknowledgement", b"\x02\x01\x00\x04"),
];
