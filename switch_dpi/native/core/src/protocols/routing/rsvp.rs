//! RSVP and RSVP-TE (RFC 2205, RFC 3209), IP protocol 46.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(46);

/// RSVP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rsvp",
    name: "RSVP",
    selector: 1402,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 46 (RFC 2205)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "HELLO with its object",
        b"\x10\x14\x82\x52\x01\x00\x00\x14\x00\x0c\x16\x01\x1a\x2b\x3c\x4d\x00\x00\x00\x00",
    ),
    sent(
        CARRIER,
        "path error with a session",
        b"\x10\x03\x09\x51\xff\x00\x00\x14\x00\x0c\x01\x01\xc0\x00\x02\x01\x11\x00\x13\x88",
    ),
];
