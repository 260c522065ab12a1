//! PPP Internet Protocol Control Protocol (RFC 1332), PPP protocol 0x8021.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ppp(0x8021);

/// PPP IPCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ipcp",
    name: "PPP IPCP",
    selector: 1494,
    transports: &[CARRIER],
    probe: |_| numbered("PPP protocol 0x8021 (RFC 1332)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "configure request", b"\x01\x01\x00\x0a\x03\x06\x00\x00\x00\x00"),
    answered(CARRIER, "configure negative acknowledgement", b"\x03\x01\x00\x0a\x03\x06\xc0\x00\x02\x05"),
];
