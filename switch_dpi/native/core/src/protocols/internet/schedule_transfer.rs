//! Schedule Transfer Protocol (ANSI X3T10, HIPPI-6400), IP protocol 118.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(118);

/// Schedule Transfer Protocol.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "schedule-transfer",
    name: "Schedule Transfer Protocol",
    selector: 1414,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 118 (IANA)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "request connection", b"\x00\x00\x13\x88\x13\x89\x1a\x2b\x00\x00\x00\x00\x00\x00\x00\x00"),
    sent(CARRIER, "data", b"\x80\x00\x13\x88\x13\x89\x1a\x2b"),
];
