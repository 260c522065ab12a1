//! PPP OSI Network Layer Control Protocol (RFC 1377) and the OSI packets it opens.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

/// PPP OSINLCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "osinlcp",
    name: "PPP OSINLCP",
    selector: 1499,
    transports: &[Transport::Ppp(0x8023), Transport::Ppp(0x0023)],
    probe: |_| numbered("PPP protocol 0x8023 or 0x0023 (RFC 1377)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(Transport::Ppp(0x8023), "configure request", b"\x01\x01\x00\x07\x01\x03\x04"),
    sent(Transport::Ppp(0x0023), "IS-IS over PPP", b"\x83\x14\x01\x00\x11\x01\x00\x00"),
];
