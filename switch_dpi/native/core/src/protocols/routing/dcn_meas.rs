//! DCN Measurement Subsystems, IP protocol 19 (IANA).

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(19);

/// DCN Measurement.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dcn-meas",
    name: "DCN Measurement",
    selector: 1424,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 19 (IANA)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "a packet", b"\x00\x01\x00\x08\x1a\x2b\x3c\x4d"),
    answered(CARRIER, "another", b"\x00\x02\x00\x00"),
];
