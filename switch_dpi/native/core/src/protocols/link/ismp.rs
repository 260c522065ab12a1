//! Cabletron's InterSwitch Message Protocol (RFC 2643), EtherType 0x81fd.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::EtherType(0x81fd);

/// ISMP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ismp",
    name: "ISMP",
    selector: 1490,
    transports: &[CARRIER],
    probe: |_| numbered("EtherType 0x81fd (RFC 2643)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "keep alive", b"\x00\x02\x00\x01\x00\x02\x00\x00\x00\x01\x02\x00\x5e\x10\x00\x01"),
    sent(CARRIER, "hello", b"\x00\x02\x00\x01\x00\x03\x00\x01\x00\x01\x02\x00\x5e\x10\x00\x01"),
];
