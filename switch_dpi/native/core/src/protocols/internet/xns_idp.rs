//! Xerox Network Systems, Internet Datagram Protocol (XSIS 028112): IP protocol 22, EtherType 0x0600.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

/// XNS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "xns-idp",
    name: "XNS",
    selector: 1434,
    transports: &[Transport::Ip(22), Transport::EtherType(0x0600)],
    probe: |_| numbered("XNS internet datagram"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(Transport::EtherType(0x0600), "datagram in a frame", b"\xff\xff\x00\x1e\x00\x01\x00\x00\x00\x01\xff\xff\xff\xff\xff\xff\x00\x01\x00\x00\x00\x01\x02\x00\x5e\x10\x00\x01\x00\x01"),
    sent(Transport::Ip(22), "datagram in IP", b"\xff\xff\x00\x1e\x00\x02\x00\x00\x00\x01\xff\xff\xff\xff\xff\xff\x00\x01\x00\x00\x00\x01\x02\x00\x5e\x10\x00\x01\x00\x01"),
];
