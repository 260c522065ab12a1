//! Exterior Gateway Protocol (RFC 904), IP protocol 8; of history.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(8);

/// EGP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "egp",
    name: "EGP",
    selector: 1404,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 8 (RFC 904)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "neighbour acquisition request", b"\x02\x03\x00\x00\xff\x7c\xfd\xe8\x00\x01\x00\x1e\x00\x78"),
    sent(CARRIER, "HELLO", b"\x02\x05\x00\x01\x00\x0f\xfd\xe8\x00\x02"),
];
