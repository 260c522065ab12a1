//! PPP Compression Control Protocol (RFC 1962) and MPPE (RFC 3078), PPP protocol 0x80fd.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ppp(0x80fd);

/// PPP CCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ccp",
    name: "PPP CCP",
    selector: 1496,
    transports: &[CARRIER],
    probe: |_| numbered("PPP protocol 0x80fd (RFC 1962)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "MPPE configure request", b"\x01\x01\x00\x0a\x12\x06\x01\x00\x00\x40"),
    answered(CARRIER, "configure reject", b"\x04\x01\x00\x0a\x12\x06\x01\x00\x00\x40"),
];
