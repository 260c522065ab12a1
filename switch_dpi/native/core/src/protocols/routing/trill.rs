//! Transparent Interconnection of Lots of Links (RFC 6325): data (0x22f3) and its IS-IS (0x22f4).

use crate::probing::answers::{numbered, sent};
use crate::protocol::{Descriptor, Example, Transport};

/// TRILL.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "trill",
    name: "TRILL",
    selector: 1461,
    transports: &[Transport::EtherType(0x22f3), Transport::EtherType(0x22f4)],
    probe: |_| numbered("EtherType of TRILL or its IS-IS"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(Transport::EtherType(0x22f3), "frame between two routing bridges", b"\x00\x3f\x1a\x2b\x3c\x4d\x02\x00\x5e\x10\x00\x02\x02\x00\x5e\x10\x00\x01\x81\x00\x00\x01\x08\x00\x45\x00"),
    sent(Transport::EtherType(0x22f4), "IS-IS HELLO", b"\x83\x14\x01\x00\x0f\x01\x00\x00\x03\x00\x00\x00\x00\x00\x01\x00\x1e\x00\x14\x40"),
];
