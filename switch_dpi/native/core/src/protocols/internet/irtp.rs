//! Internet Reliable Transaction Protocol (RFC 938), IP protocol 28.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(28);

/// IRTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "irtp",
    name: "IRTP",
    selector: 1432,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 28 (RFC 938)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "SYNCH", b"\x01\x1a\x00\x00\x00\x08\x5a\x10"),
    answered(CARRIER, "SYNCH ACK", b"\x02\x1a\x00\x00\x00\x08\x5a\x0f"),
];
