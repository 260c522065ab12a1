//! ARP (RFC 826), EtherType 0x0806, and RARP (RFC 903), EtherType 0x8035.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

/// ARP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "arp",
    name: "ARP",
    selector: 1450,
    transports: &[Transport::EtherType(0x0806), Transport::EtherType(0x8035)],
    probe: |_| numbered("EtherType of ARP or RARP"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(Transport::EtherType(0x0806), "who has 192.0.2.2?", b"\x00\x01\x08\x00\x06\x04\x00\x01\x02\x00\x5e\x10\x00\x01\xc0\x00\x02\x01\x00\x00\x00\x00\x00\x00\xc0\x00\x02\x02"),
    answered(Transport::EtherType(0x0806), "192.0.2.2 is at", b"\x00\x01\x08\x00\x06\x04\x00\x02\x02\x00\x5e\x10\x00\x02\xc0\x00\x02\x02\x02\x00\x5e\x10\x00\x01\xc0\x00\x02\x01"),
    sent(Transport::EtherType(0x8035), "RARP request", b"\x00\x01\x08\x00\x06\x04\x00\x03\x02\x00\x5e\x10\x00\x01\x00\x00\x00\x00\x02\x00\x5e\x10\x00\x01\x00\x00\x00\x00"),
];
