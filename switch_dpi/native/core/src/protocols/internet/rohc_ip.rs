//! Robust Header Compression over IP (RFC 5858), IP protocol 142.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(142);

/// ROHC.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rohc-ip",
    name: "ROHC",
    selector: 1413,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 142 (RFC 5858)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "IR packet of the uncompressed profile", b"\xfd\x00\x1a\x45\x00\x00\x1c"),
    sent(CARRIER, "normal packet", b"\x45\x00\x00\x1c\x00\x01\x00\x00\x40\x01"),
];
