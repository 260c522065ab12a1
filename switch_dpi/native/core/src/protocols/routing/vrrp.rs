//! VRRP versions 2 and 3 (RFC 3768, RFC 9568), IP protocol 112.
//!
//! CARP took the same number and version 2; its fixed seven authentication words tell it apart.

use crate::probing::answers::numbered_if;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(112);

/// VRRP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "vrrp",
    name: "VRRP",
    selector: 10,
    transports: &[CARRIER],
    probe: |sample| numbered_if(!super::carp::is_carp(sample.data), "IP protocol 112 (RFC 9568)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "version 2 advertisement",
        b"\x21\x01\x64\x01\x00\x01\xb8\xfa\xc0\x00\x02\x01\x00\x00\x00\x00\x00\x00\x00\x00",
    ),
    sent(CARRIER, "version 3 advertisement", b"\x31\x01\x64\x01\x00\x64\xa8\x97\xc0\x00\x02\x01"),
];
