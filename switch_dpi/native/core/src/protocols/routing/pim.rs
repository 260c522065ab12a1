//! Protocol Independent Multicast, sparse and dense mode (RFC 7761, RFC 3973), IP protocol 103.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(103);

/// PIM.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "pim",
    name: "PIM",
    selector: 9,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 103 (RFC 7761)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "HELLO with holdtime and generation id",
        b"\x20\x00\x88\xeb\x00\x01\x00\x02\x00\x69\x00\x14\x00\x04\x1a\x2b\x3c\x4d\x00\x13\x00\x04\x00\x00\x00\x01",
    ),
    sent(CARRIER, "BOOTSTRAP", b"\x24\x00\xe0\xd2\x1a\x2b\x1e\x00\x01\x00\xc0\x00\x02\x01"),
];
