//! X.25 packets (ITU-T X.25, ISO 8208) over Ethernet and LLC type 2.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

/// X.25.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "x25",
    name: "X.25",
    selector: 1466,
    transports: &[Transport::EtherType(0x0805), Transport::Llc(0x7e)],
    probe: |_| numbered("X.25 packet"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(Transport::EtherType(0x0805), "call request", b"\x10\x01\x0b\x22\x12\x34\x00"),
    answered(Transport::Llc(0x7e), "call accepted over LLC", b"\x10\x01\x0f"),
];
