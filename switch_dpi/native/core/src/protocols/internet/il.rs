//! Internet Link, the transport of Plan 9 for 9P ("The IL Protocol", Presotto and Winterbottom), IP protocol 40.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(40);

/// IL.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "il",
    name: "IL",
    selector: 1417,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 40 (IANA)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "SYNC", b"\x1a\x2b\x00\x12\x00\x00\x13\x88\x02\x34\x00\x00\x00\x01\x00\x00\x00\x00"),
    answered(CARRIER, "ACK", b"\x1a\x2b\x00\x12\x02\x00\x02\x34\x13\x88\x00\x00\x00\x02\x00\x00\x00\x01"),
];
