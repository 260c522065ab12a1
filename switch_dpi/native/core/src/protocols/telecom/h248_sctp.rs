//! H.248 (ITU-T H.248.4, RFC 3525) over SCTP, payload protocol 7, as text or BER.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(7);

/// Megaco.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "h248-sctp",
    name: "Megaco",
    selector: 1541,
    category: "voip",
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 7 (H.248.4)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "service change", b"MEGACO/1 [192.0.2.1]:2944\x0aTransaction = 1 {Context = - {ServiceChange = ROOT {Services {Method = Restart}}}}\x0a"),
    answered(CARRIER, "its reply in compact form", b"!/1 [192.0.2.2]:2944\x0aP=1{C=-{SC=ROOT}}\x0a"),
];
