//! PPP MPLS Control Protocol (RFC 3032 §4.3), PPP protocol 0x8281.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ppp(0x8281);

/// PPP MPLSCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mplscp",
    name: "PPP MPLSCP",
    selector: 1497,
    transports: &[CARRIER],
    probe: |_| numbered("PPP protocol 0x8281 (RFC 3032)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "configure request", b"\x01\x01\x00\x04"),
    answered(CARRIER, "configure acknowledgement", b"\x02\x01\x00\x04"),
];
