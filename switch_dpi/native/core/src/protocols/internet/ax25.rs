//! AX.25 of amateur packet radio in IP (RFC 1226), IP protocol 93.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(93);

/// AX.25.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ax25",
    name: "AX.25",
    selector: 1436,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 93 (RFC 1226)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "unnumbered information",
        b"\x8a\x82\x9a\x98\x40\x40\x60\x8a\x82\x9a\x98\x40\x42\x61\x03\xf0test\x1a\x2b",
    ),
    answered(CARRIER, "set mode", b"\x8a\x82\x9a\x98\x40\x40\x60\x8a\x82\x9a\x98@Ba?\x1a\x2b"),
];
