//! Synchronous Ethernet's clock quality messages (ITU-T G.8264 §11.3.1), and other organisation specific slow protocols of subtype 10.

use crate::probing::answers::numbered_if;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::EtherType(0x8809);

/// ESMC.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "esmc",
    name: "ESMC",
    selector: 1455,
    transports: &[CARRIER],
    probe: |sample| numbered_if(sample.data.first() == Some(&10), "slow protocol of subtype 10 (IEEE 802.3 annex 57B)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "quality level PRC", b"\x0a\x00\x19\xa7\x00\x01\x10\x00\x00\x00\x01\x00\x04\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    sent(CARRIER, "event: do not use", b"\x0a\x00\x19\xa7\x00\x01\x18\x00\x00\x00\x01\x00\x04\x0f\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
];
