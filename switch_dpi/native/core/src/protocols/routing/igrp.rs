//! Interior gateway protocols on IP protocol 9, in practice Cisco's IGRP.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(9);

/// IGRP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "igrp",
    name: "IGRP",
    selector: 1405,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 9 (IANA: IGP, Cisco IGRP)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "update with one interior route",
        b"\x11\x01\x00\x64\x00\x01\x00\x00\x00\x00\xf0\xaa\x0a\x01\x00\x00\x07\xd0\x00\x19\x0e\x05\xdc\xff\x01\x00",
    ),
    sent(CARRIER, "request", b"\x12\x00\x00\x64\x00\x00\x00\x00\x00\x00\xed\x9b"),
];
