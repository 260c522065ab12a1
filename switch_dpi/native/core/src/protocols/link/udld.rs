//! Unidirectional Link Detection (RFC 5171), SNAP 00000c/0111.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Snap(0x00000c, 0x0111);

/// UDLD.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "udld",
    name: "UDLD",
    selector: 1482,
    transports: &[CARRIER],
    probe: |_| numbered("SNAP 00000c/0111 (RFC 5171)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "probe", b"\x21\x00\x1a\x2b\x00\x01\x00\x0fFOC123456AA\x00\x02\x00\x0aGi0/01\x00\x05\x00\x05\x07"),
    answered(CARRIER, "echo", b"\x22\x00\x1a\x2b\x00\x01\x00\x0fFOC123456AB\x00\x02\x00\x0aGi0/02"),
];
