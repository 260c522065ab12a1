//! Combat Radio Transport Protocol, IP protocol 126 (IANA).

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(126);

/// Combat Radio Transport Protocol.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "crtp",
    name: "Combat Radio Transport Protocol",
    selector: 1422,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 126 (IANA)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "a packet", b"\x01\x01\x00\x08\x1a\x2b\x3c\x4d"),
    answered(CARRIER, "another", b"\x01\x02\x00\x04"),
];
