//! Gateway-to-Gateway Protocol (RFC 823), IP protocol 3; of history.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Ip(3);

/// GGP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ggp",
    name: "GGP",
    selector: 1406,
    transports: &[CARRIER],
    probe: |_| numbered("IP protocol 3 (RFC 823)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] =
    &[sent(CARRIER, "echo", b"\x08\x00\x00\x01"), answered(CARRIER, "acknowledgement", b"\x02\x00\x00\x01")];
