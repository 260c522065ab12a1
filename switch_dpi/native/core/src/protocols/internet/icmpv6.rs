//! ICMPv6 (RFC 4443) with neighbour discovery (RFC 4861) and listener discovery (RFC 3810), IP protocol 58.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(58);

/// ICMPv6.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "icmpv6",
    name: "ICMPv6",
    selector: 6,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 58 (RFC 4443)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "router solicitation", b"\x85\x00\x7b\xb8\x00\x00\x00\x00"),
    sent(CARRIER, "neighbour solicitation", b"\x87\x00\x1d\x2f\x00\x00\x00\x00\xfe\x80\x00\x00\x00\x00\x00\x00\x02\x00\x5e\xff\xfe\x10\x00\x01\x01\x01\x02\x00\x5e\x10\x00\x02"),
    sent(CARRIER, "version 2 listener report", b"\x8f\x00\x2a\x10\x00\x00\x00\x01\x04\x00\x00\x00\xff\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xfb"),
    answered(CARRIER, "echo reply", b"\x81\x00\x5c\x1d\x00\x42\x00\x01abcdefgh"),
];
