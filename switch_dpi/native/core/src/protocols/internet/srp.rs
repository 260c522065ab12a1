//! SpectraLink (Polycom) Radio Protocol of cordless telephones, IP protocol 119 (IANA).

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(119);

/// SpectraLink Radio Protocol.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "srp",
    name: "SpectraLink Radio Protocol",
    selector: 1430,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 119 (IANA)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "a packet", b"\x00\x01\x00\x10\x1a\x2b\x3c\x4d\x02\x00\x5e\x10\x00\x01"),
    answered(CARRIER, "another", b"\x00\x02\x00\x10\x1a\x2b\x3c\x4d\x02\x00\x5e\x10\x00\x02"),
];
