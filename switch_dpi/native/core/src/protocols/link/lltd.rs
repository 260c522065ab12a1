//! Link Layer Topology Discovery of Windows (MS-LLTD), EtherType 0x88d9.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::EtherType(0x88d9);

/// LLTD.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "lltd",
    name: "LLTD",
    selector: 1472,
    transports: &[CARRIER],
    probe: |_| numbered("EtherType 0x88d9 (MS-LLTD)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "discover", b"\x01\x00\x00\x00\xff\xff\xff\xff\xff\xff\x02\x00\x5e\x10\x00\x01\x00\x01\x1a\x2b\x00\x00"),
    answered(CARRIER, "hello", b"\x01\x00\x00\x01\xff\xff\xff\xff\xff\xff\x02\x00\x5e\x10\x00\x02\x00\x00\x1a\x2b\x02\x00\x5e\x10\x00\x01\x02\x00\x5e\x10\x00\x01\x01\x02\x01\x02\x00"),
];
