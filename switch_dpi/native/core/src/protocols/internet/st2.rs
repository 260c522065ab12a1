//! Internet Stream Protocol, version 2 (RFC 1819), IP protocol 5.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(5);

/// ST-II.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "st2",
    name: "ST-II",
    selector: 1407,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 5 (RFC 1819)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "data of a stream", b"\x52\x00\x00\x0c\x1a\x2b\x00\x00\xc0\x00\x02\x01"),
    sent(CARRIER, "HELLO", b"\x52\x80\x00\x14\x00\x00\x1a\x2b\xc0\x00\x02\x01\x07\x00\x00\x14\x00\x00\x00\x01"),
];
