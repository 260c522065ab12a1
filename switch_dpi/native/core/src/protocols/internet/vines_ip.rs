//! Banyan VINES, in frames and in IP (IP protocol 83, EtherType 0x0bad).

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

/// Banyan VINES.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "vines-ip",
    name: "Banyan VINES",
    selector: 1429,
    transports: &[Transport::Ip(83), Transport::EtherType(0x0bad)],
    probe: |_| numbered("Banyan VINES"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        Transport::EtherType(0x0bad),
        "VINES IP packet in an Ethernet frame",
        b"\x1a\x2b\x00\x12\x1f\x05\xff\xff\xff\xff\xff\xff\x00\x01\x02\x03\x00\x01",
    ),
    sent(Transport::Ip(83), "in IP", b"\x1a\x2b\x00\x12\x1f\x05\xff\xff\xff\xff\xff\xff\x00\x01\x02\x03\x00\x01"),
];
