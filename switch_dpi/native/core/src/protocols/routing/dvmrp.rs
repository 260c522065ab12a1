//! DVMRP (RFC 1075, draft-ietf-idmr-dvmrp-v3), IGMP type 0x13.

use crate::probing::answers::numbered_if;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(2);

/// DVMRP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dvmrp",
    name: "DVMRP",
    selector: 1400,
    transports: &[CARRIER],
    probe: |sample| numbered_if(sample.data.first() == Some(&0x13), "IGMP type 0x13 (RFC 1075)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "version 3 probe", b"\x13\x01\xc4\xc0\x00\x0e\xff\x03\x5c\x1a\x0b\x10\xc0\x00\x02\x01"),
    sent(CARRIER, "version 1 response", b"\x13\x02\xe7\xf1\x01\x05\x02\x08\x01\xff"),
];
