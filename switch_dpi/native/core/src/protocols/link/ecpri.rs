//! eCPRI (specification V2.0 §3.1.3), EtherType 0xaefe: radio equipment and its control.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::EtherType(0xaefe);

/// eCPRI.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ecpri",
    name: "eCPRI",
    selector: 1464,
    transports: &[CARRIER],
    probe: |_| numbered("EtherType 0xaefe (eCPRI V2.0)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "user plane data",
        b"\x10\x00\x00\x10\x00\x01\x00\x80\x90\x01\x00\x00\x00\x00\x00\x00\x1a\x2b\x3c\x4d",
    ),
    sent(CARRIER, "remote memory access", b"\x10\x04\x00\x0c\x01\x00\x00\x01\x00\x00\x00\x00\x10\x00\x00\x04"),
];
