//! ISO 8473 connectionless network protocol (CLNP), over LLC 0xfe and in IP (RFC 1070).

use crate::probing::answers::numbered_if;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

/// CLNP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "clnp",
    name: "CLNP",
    selector: 1415,
    transports: &[Transport::Ip(80), Transport::Llc(0xfe)],
    probe: |sample| {
        numbered_if(
            matches!(sample.transport, Transport::Ip(_)) || sample.data.first() == Some(&0x81),
            "CLNP discriminator (ISO/IEC TR 9577)",
        )
    },
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        Transport::Ip(80),
        "data PDU in IP",
        b"\x81\x11\x01\x20\x9c\x00\x21\x00\x00\x06\x49\x00\x01\x02\x03\x04\x06\x49\x00\x01\x02\x03\x05",
    ),
    sent(
        Transport::Llc(0xfe),
        "data PDU in a frame",
        b"\x81\x11\x01\x20\x9c\x00\x21\x00\x00\x06\x49\x00\x01\x02\x03\x04\x06\x49\x00\x01\x02\x03\x05",
    ),
];
