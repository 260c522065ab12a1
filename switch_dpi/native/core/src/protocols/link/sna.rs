//! IBM Systems Network Architecture (path control, format of transmission headers), LLC 0x04 and EtherType 0x80d5.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

/// SNA.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sna",
    name: "SNA",
    selector: 1488,
    transports: &[Transport::EtherType(0x80d5), Transport::Llc(0x04)],
    probe: |_| numbered("SNA path information unit"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(Transport::Llc(0x04), "FID2 request", b"\x2d\x00\x00\x01\x1a\x2b\x6b\x80\x00\x0d\x02\x01"),
    sent(Transport::EtherType(0x80d5), "over Ethernet", b"\x00\x0d\x04\x04\x03\x2d\x00\x00\x01\x1a\x2b\x6b\x80\x00"),
];
