//! DECnet phase IV routing (0x6003) and the maintenance operations MOP (0x6001 dump and load, 0x6002 remote console).

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

/// DECnet.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "decnet",
    name: "DECnet",
    selector: 1469,
    transports: &[Transport::EtherType(0x6003), Transport::EtherType(0x6001), Transport::EtherType(0x6002)],
    probe: |_| numbered("EtherType of DECnet or MOP"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(Transport::EtherType(0x6003), "end node HELLO", b"\x22\x00\x0d\x02\x00\x00\xaa\x00\x04\x00\x01\x04\x03\xd8\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00\xaa\x00\x04\x00\x01\xfc\x0f\x00\x00\x02\xaa\xaa"),
    sent(Transport::EtherType(0x6001), "MOP program request", b"\x10\x00\x08\x05\x00\x00\xff\x00\x00\x01"),
    sent(Transport::EtherType(0x6002), "MOP system identification", b"\x10\x00\x07\x00\x00\x00\x01\x00\x03\x03\x00\x00\x02\x00\x02\x05\x00"),
];
