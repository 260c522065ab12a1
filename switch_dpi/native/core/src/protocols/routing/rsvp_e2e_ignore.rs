//! RSVP messages that an aggregation region passes on unread (RFC 3175 §1.4.1), IP protocol 134.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(134);

/// RSVP-E2E-IGNORE.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rsvp-e2e-ignore",
    name: "RSVP-E2E-IGNORE",
    selector: 1428,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 134 (RFC 3175)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "path message", b"\x10\x01\xc9\x53\x3f\x00\x00\x14\x00\x0c\x01\x01\xc0\x00\x02\x01\x11\x00\x13\x88"),
    answered(
        CARRIER,
        "reservation message",
        b"\x10\x02\xc9\x52\x3f\x00\x00\x14\x00\x0c\x01\x01\xc0\x00\x02\x01\x11\x00\x13\x88",
    ),
];
