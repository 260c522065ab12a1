//! Tekelec's Transport Adapter Layer Interface (RFC 3094), SCTP payload protocol 9.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(9);

/// TALI.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tali",
    name: "TALI",
    selector: 1517,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 9 (RFC 3094)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] =
    &[sent(CARRIER, "test", b"TALItest\x00\x00"), answered(CARRIER, "allow", b"TALIallo\x00\x00")];
