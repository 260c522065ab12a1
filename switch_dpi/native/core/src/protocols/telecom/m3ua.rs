//! MTP3 user adaptation (RFC 4666), SCTP payload protocol 3: SS7 above IP, with SCCP, TCAP, MAP and ISUP in it.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(3);

/// M3UA.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "m3ua",
    name: "M3UA",
    selector: 1512,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 3 (RFC 4666)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "ASP up", b"\x01\x00\x03\x01\x00\x00\x00\x08"),
    answered(CARRIER, "ASP up acknowledgement", b"\x01\x00\x03\x04\x00\x00\x00\x08"),
    sent(CARRIER, "payload data", b"\x01\x00\x01\x01\x00\x00\x00\x24\x00\x06\x00\x08\x00\x00\x00\x01\x02\x10\x00\x13\x00\x00\x01\x02\x00\x00\x02\x03\x03\x02\x00\x05\x09\x80\x03\x00"),
];
