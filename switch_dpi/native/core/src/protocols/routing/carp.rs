//! Common Address Redundancy Protocol of OpenBSD and FreeBSD (`netinet/ip_carp.h`), which uses VRRP's number.

use crate::probing::answers::numbered_if;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(112);

/// The header with its counter and SHA-1 digest.
const SIZE: usize = 36;

/// Version 2, type 1, and the digest's size in words (`carp_authlen`), which in VRRP would be an address count of another size.
pub(super) fn is_carp(data: &[u8]) -> bool {
    matches!(data, [0x21, _, _, 7, 0, _, ..]) && data.len() == SIZE
}

/// CARP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "carp",
    name: "CARP",
    selector: 1401,
    transports: &[CARRIER],
    probe: |sample| numbered_if(is_carp(sample.data), "CARP advertisement"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "advertisement", b"\x21\x01\x00\x07\x00\x01\xc3\x33\x00\x00\x00\x1a+<M^]\x1f\x0a+<M^op\x81\x92\xa3\xb4\xc5\xd6\xe7\xf8\x09\x1a\x2b"),
    sent(CARRIER, "advertisement of a backup with skew 100", b"\x21\x02\x64\x07\x00\x01\xaf\x30\x00\x00\x00\x1a+<M_\x0d\x1f\x0a+<M^op\x81\x92\xa3\xb4\xc5\xd6\xe7\xf8\x09\x1a\x2c"),
];
