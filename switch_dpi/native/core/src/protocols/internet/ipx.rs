//! Novell IPX, in all of its framings and in IP, with SPX, SAP and RIP on top.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

/// IPX.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ipx",
    name: "IPX",
    selector: 1467,
    transports: &[Transport::EtherType(0x8137), Transport::Llc(0xe0), Transport::Ip(111)],
    probe: |_| numbered("IPX datagram"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(Transport::EtherType(0x8137), "service query", b"\xff\xff\x00\x22\x00\x11\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\x04\x52\x00\x00\x00\x00\x02\x00\x5e\x10\x00\x01\x40\x03\x00\x01\x00\x04"),
    sent(Transport::Llc(0xe0), "RIP request over LLC", b"\xff\xff\x00\x28\x00\x01\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\x04\x53\x00\x00\x00\x00\x02\x00\x5e\x10\x00\x01\x04\x53\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff"),
    sent(Transport::Ip(111), "in IP", b"\xff\xff\x00\x22\x00\x11\x00\x00\x00\x01\xff\xff\xff\xff\xff\xff\x04\x52\x00\x00\x00\x01\x02\x00\x5e\x10\x00\x01\x40\x03\x00\x01\x00\x04"),
];
