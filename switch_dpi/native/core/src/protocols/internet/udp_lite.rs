//! UDP-Lite (RFC 3828), IP protocol 136.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(136);

/// UDP-Lite.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "udp-lite",
    name: "UDP-Lite",
    selector: 1409,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 136 (RFC 3828)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "datagram whose header alone is covered", b"\xc3\x50\x13\x88\x00\x08\x5a\x10voice frame"),
    answered(CARRIER, "datagram that is covered as a whole", b"\x13\x88\xc3\x50\x00\x00\x1f\x2e\x6f\x6b"),
];
