//! ICMP (RFC 792), IP protocol 1: echo, errors, redirects, router discovery (RFC 1256).

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(1);

/// ICMP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "icmp",
    name: "ICMP",
    selector: 1,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 1 (RFC 792)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "echo request", b"\x08\x00\x33\x30\x1a\x2b\x00\x01abcdefghijklmnopqrstuvwabcdefghi"),
    answered(CARRIER, "echo reply", b"\x00\x00\x3b\x30\x1a\x2b\x00\x01abcdefghijklmnopqrstuvwabcdefghi"),
    answered(CARRIER, "port unreachable", b"\x03\x03\xdd\xa2\x00\x00\x00\x00\x45\x00\x00\x1d\x00\x01\x40\x00\x40\x11\x66\xc9\xc0\x00\x02\x01\xc0\x00\x02\x02\xc3\x50\x00\x35\x00\x09\xab\xcd"),
];
