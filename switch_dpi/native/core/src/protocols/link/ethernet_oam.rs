//! Link OAM of Ethernet (IEEE 802.3 clause 57): the slow protocol of subtype 3.

use crate::probing::answers::numbered_if;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::EtherType(0x8809);

/// Ethernet OAM.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ethernet-oam",
    name: "Ethernet OAM",
    selector: 1454,
    transports: &[CARRIER],
    probe: |sample| numbered_if(sample.data.first() == Some(&3), "slow protocol of subtype 3 (IEEE 802.3 clause 57)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "information OAMPDU",
        b"\x03\x00\x50\x00\x01\x10\x01\x00\x01\x00\x1d\x05\xee\x02\x00\x5e\x00\x00\x00\x01\x00",
    ),
    answered(CARRIER, "loopback control", b"\x03\x00\x50\x04\x01"),
];
