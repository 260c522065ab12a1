//! Combat Radio User Datagram, IP protocol 127 (IANA).

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(127);

/// Combat Radio User Datagram.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "crudp",
    name: "Combat Radio User Datagram",
    selector: 1423,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 127 (IANA)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "a packet", b"\x13\x88\x13\x89\x00\x0c\x00\x00test"),
    answered(CARRIER, "another", b"\x13\x89\x13\x88\x00\x08\x00\x00"),
];
