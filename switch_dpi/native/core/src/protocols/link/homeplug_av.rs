//! Power line networks: HomePlug AV and GreenPHY management (0x88e1), Mediaxtream (0x8912), HomePlug 1.0 (0x887b).

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

/// HomePlug AV.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "homeplug-av",
    name: "HomePlug AV",
    selector: 1459,
    transports: &[Transport::EtherType(0x88e1), Transport::EtherType(0x8912), Transport::EtherType(0x887b)],
    probe: |_| numbered("EtherType of HomePlug management"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(Transport::EtherType(0x88e1), "request of the software version (vendor)", b"\x00\x00\xa0\x00\xb0\x52\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    sent(Transport::EtherType(0x88e1), "network statistics (HomePlug AV 1.1)", b"\x01\x38\x60\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    sent(Transport::EtherType(0x8912), "Mediaxtream broadcast", b"\x02\x40\xa0\x00\x00\x1f\x84\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
];
