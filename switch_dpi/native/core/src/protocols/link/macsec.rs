//! MACsec (IEEE 802.1AE §9.3), EtherType 0x88e5; what it protects cannot be seen.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::EtherType(0x88e5);

/// MACsec.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "macsec",
    name: "MACsec",
    selector: 1451,
    category: "security",
    transports: &[CARRIER],
    probe: |_| numbered("EtherType 0x88e5 (IEEE 802.1AE)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "encrypted frame with channel identifier",
        b"\x2c\x00\x00\x00\x00\x01\x02\x00\x5e\x10\x00\x01\x00\x01\x8f\x1a\xe2\x03\xb4\xc5\xd6\xe7\xf8\x09\x1a+<M^o",
    ),
    answered(
        CARRIER,
        "short frame",
        b"\x0c\x10\x00\x00\x00\x02\x8f\x1a\xe2\x03\xb4\xc5\xd6\xe7\xf8\x09\x1a+<M^o\x1a+<M^op\x81",
    ),
];
