//! IGMP versions 1 to 3 (RFC 1112, 2236, 3376), IP protocol 2.
//!
//! The number is shared with DVMRP, which has type 0x13.

use crate::probing::answers::numbered_if;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(2);

/// IGMP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "igmp",
    name: "IGMP",
    selector: 2,
    transports: &[CARRIER],
    probe: |sample| numbered_if(sample.data.first() != Some(&0x13), "IP protocol 2 (RFC 3376)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "version 2 general query", b"\x11\x64\xee\x9b\x00\x00\x00\x00"),
    sent(CARRIER, "version 2 report", b"\x16\x00\xfa\x04\xef\xff\xff\xfa"),
    sent(
        CARRIER,
        "version 3 report of one joined group",
        b"\x22\x00\xf9\x02\x00\x00\x00\x01\x04\x00\x00\x00\xe0\x00\x00\xfb",
    ),
];
