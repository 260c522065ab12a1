//! OSI network layer over LLC 0xfe: IS-IS (ISO 10589, RFC 1195) and ES-IS (ISO 9542); CLNP has a protocol of its own.

use crate::probing::answers::numbered_if;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Llc(0xfe);

/// IS-IS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "isis",
    name: "IS-IS",
    selector: 1486,
    transports: &[CARRIER],
    probe: |sample| {
        numbered_if(matches!(sample.data.first(), Some(0x82 | 0x83)), "IS-IS or ES-IS discriminator (ISO/IEC TR 9577)")
    },
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "level 1 LAN HELLO", b"\x83\x1b\x01\x00\x0f\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01\x00\x1e\x00\x20\x40\x00\x00\x00\x00\x00\x01\x01\x01\x04\x03\x49\x00\x01"),
    sent(CARRIER, "link state PDU", b"\x83\x1b\x01\x00\x12\x01\x00\x00\x00\x24\x04\xb0\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01\x1a\x2b\x01\x01\x04\x03\x49\x00\x01"),
    sent(CARRIER, "ES-IS end system HELLO", b"\x82\x10\x01\x00\x02\x01\x2c\x00\x00\x01\x06\x49\x00\x01\x02\x03\x04"),
];
