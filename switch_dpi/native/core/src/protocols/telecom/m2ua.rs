//! MTP2 user adaptation (RFC 3331), SCTP payload protocol 2.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(2);

/// M2UA.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "m2ua",
    name: "M2UA",
    selector: 1511,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 2 (RFC 3331)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "ASP up", b"\x01\x00\x03\x01\x00\x00\x00\x08"),
    sent(CARRIER, "establish request", b"\x01\x00\x06\x02\x00\x00\x00\x10\x00\x01\x00\x08\x00\x00\x00\x01"),
];
