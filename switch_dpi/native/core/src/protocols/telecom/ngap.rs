//! NG application protocol between gNodeB and AMF (3GPP TS 38.413), SCTP payload protocol 60.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

/// NGAP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ngap",
    name: "NGAP",
    selector: 1534,
    transports: &[Transport::Sctp(60), Transport::Sctp(66)],
    probe: |_| numbered("SCTP payload protocol 60 (TS 38.413)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(Transport::Sctp(60), "NG setup request", b"\x00\x15\x00\x18\x00\x00\x02\x00\x1b\x00\x08\x00\x00\xf1\x10\x00\x00\x00\x01\x00\x52\x40\x0a\x03\x80\x67\x6e\x62"),
    answered(Transport::Sctp(60), "NG setup response", b"\x20\x15\x00\x13\x00\x00\x01\x00\x01\x00\x0b\x04\x00amf-001\x00"),
];
