//! Simple Message Protocol, IP protocol 121 (IANA).

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(121);

/// Simple Message Protocol.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "smp-ip",
    name: "Simple Message Protocol",
    selector: 1427,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 121 (IANA)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] =
    &[sent(CARRIER, "a packet", b"\x01\x01\x00\x08test"), answered(CARRIER, "another", b"\x01\x02\x00\x04")];
