//! EIGRP (RFC 7868), IP protocol 88.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(88);

/// EIGRP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "eigrp",
    name: "EIGRP",
    selector: 7,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 88 (RFC 7868)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "HELLO with parameters and software version", b"\x02\x05\xe9\x6e\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x64\x00\x01\x00\x0c\x01\x00\x01\x00\x00\x00\x00\x0f\x00\x04\x00\x08\x0f\x00\x03\x00"),
    sent(CARRIER, "UPDATE of version 2", b"\x02\x01\xfd\x98\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x64"),
];
