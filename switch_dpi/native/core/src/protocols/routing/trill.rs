//! Transparent Interconnection of Lots of Links (RFC 6325): data (0x22f3) and its IS-IS (0x22f4).

use crate::frame::link_type;
use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::probing::inner_packets::ethernet_frame;
use crate::protocol::{Carried, Descriptor, Example, Transport};

/// TRILL.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "trill",
    name: "TRILL",
    selector: 1461,
    transports: &[Transport::EtherType(0x22f3), Transport::EtherType(0x22f4)],
    probe: |_| numbered("EtherType of TRILL or its IS-IS"),
    tunnel: Some(carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// Version, multicast bit, words of options and hops in two bytes, egress and ingress, options, frame (RFC 6325 §3.1).
fn carried(data: &[u8]) -> Option<Carried<'_>> {
    let [first, second, ..] = *data.first_chunk::<6>()?;
    let option_words = usize::from((first & 7) << 2 | second >> 6);
    let frame = data.get(6 + 4 * option_words..)?;
    ethernet_frame(frame).filter(|_| first >> 6 == 0)?;
    Some(Carried { link_type: link_type::ETHERNET, data: frame, scope: 0 })
}

const EXAMPLES: &[Example] = &[
    sent(
        Transport::EtherType(0x22f3),
        "frame between two routing bridges",
        b"\x00\x3f\x1a\x2b\x3c\x4d\x02\x00\x5e\x10\x00\x02\x02\x00\x5e\x10\x00\x01\x81\x00\x00\x01\x08\x00\x45\x00",
    ),
    sent(
        Transport::EtherType(0x22f4),
        "IS-IS HELLO",
        b"\x83\x14\x01\x00\x0f\x01\x00\x00\x03\x00\x00\x00\x00\x00\x01\x00\x1e\x00\x14\x40",
    ),
];
