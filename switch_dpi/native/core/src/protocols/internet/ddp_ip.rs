//! Datagram Delivery Protocol in IP, IP protocol 37 (IANA).

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(37);

/// Datagram Delivery Protocol.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ddp-ip",
    name: "Datagram Delivery Protocol",
    selector: 1425,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 37 (IANA)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "a packet", b"\x00\x11\x00\x00\x00\x01\x00\x02\x40\x50\xfd\x06\x02\x01\x01\x00"),
    answered(CARRIER, "another", b"\x00\x0d\x00\x00\x00\x02\x00\x01\x50\x40\x06\xfd\x02"),
];
