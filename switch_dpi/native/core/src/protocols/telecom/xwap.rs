//! Xw application protocol to WLAN terminations (3GPP TS 36.463), SCTP payload protocol 58.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Sctp(58);

/// XwAP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "xwap",
    name: "XwAP",
    selector: 1540,
    transports: &[CARRIER],
    probe: |_| numbered("SCTP payload protocol 58 (TS 36.463)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "Xw setup request", b"\x00\x03\x00\x09\x00\x00\x01\x00\x01\x00\x02\x00\x00"),
    answered(CARRIER, "Xw setup response", b"\x20\x03\x00\x09\x00\x00\x01\x00\x01\x00\x02\x00\x00"),
];
