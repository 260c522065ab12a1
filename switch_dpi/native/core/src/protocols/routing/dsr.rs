//! Dynamic Source Routing for mobile ad hoc networks (RFC 4728), IP protocol 48.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(48);

/// DSR.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dsr",
    name: "DSR",
    selector: 1419,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 48 (RFC 4728)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "route request", b"\xff\x00\x00\x08\x01\x06\x1a\x2b\xc0\x00\x02\x01"),
    sent(CARRIER, "route reply", b"\xff\x00\x00\x08\x02\x05\x00\xc0\x00\x02\x01\x00"),
];
