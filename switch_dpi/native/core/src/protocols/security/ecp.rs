//! PPP Encryption Control Protocol (RFC 1968), PPP protocol 0x8053.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ppp(0x8053);

/// PPP ECP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ecp",
    name: "PPP ECP",
    selector: 1498,
    category: "security",
    transports: &[CARRIER],
    probe: |_| numbered("PPP protocol 0x8053 (RFC 1968)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "configure request", b"\x01\x01\x00\x0e\x03\x0a\x01\x02\x03\x04\x05\x06\x07\x08"),
    answered(CARRIER, "configure acknowledgement", b"\x02\x01\x00\x0e\x03\x0a\x01\x02\x03\x04\x05\x06\x07\x08"),
];
