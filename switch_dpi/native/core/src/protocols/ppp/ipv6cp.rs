//! PPP IPv6 Control Protocol (RFC 5072), PPP protocol 0x8057.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ppp(0x8057);

/// PPP IPV6CP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ipv6cp",
    name: "PPP IPV6CP",
    selector: 1495,
    transports: &[CARRIER],
    probe: |_| numbered("PPP protocol 0x8057 (RFC 5072)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "configure request", b"\x01\x01\x00\x0e\x01\x0a\x02\x00\x5e\xff\xfe\x10\x00\x01"),
    answered(CARRIER, "configure acknowledgement", b"\x02\x01\x00\x0e\x01\x0a\x02\x00\x5e\xff\xfe\x10\x00\x01"),
];
