//! NetBIOS frames over LLC (IBM LAN Technical Reference, "NetBEUI"), LLC 0xf0.

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

const CARRIER: Transport = Transport::Llc(0xf0);

/// NetBEUI.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "netbeui",
    name: "NetBEUI",
    selector: 1487,
    transports: &[CARRIER],
    probe: |_| numbered("LLC 0xf0"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(CARRIER, "name query", b"\x2c\x00\xff\xef\x0a\x00\x00\x00\x00\x00\x00\x00SERVER          CLIENT          "),
    sent(CARRIER, "datagram", b"\x2c\x00\xff\xef\x08\x00\x00\x00\x00\x00\x00\x00WORKGROUP      \x1eCLIENT          "),
];
