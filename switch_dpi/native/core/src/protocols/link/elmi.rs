//! Ethernet Local Management Interface (MEF 16 §5), EtherType 0x88ee.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::EtherType(0x88ee);

/// E-LMI.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "elmi",
    name: "E-LMI",
    selector: 1457,
    transports: &[CARRIER],
    probe: |_| numbered("EtherType 0x88ee (MEF 16)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "status enquiry", b"\x01\x75\x01\x01\x00\x02\x02\x01\x00\x03\x05\x00\x00\x00\x00\x01"),
    answered(CARRIER, "status", b"\x01\x7d\x01\x01\x00\x02\x02\x01\x01\x03\x05\x00\x00\x00\x00\x01"),
];
