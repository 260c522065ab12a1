//! Link Layer Discovery Protocol (IEEE 802.1AB), EtherType 0x88cc: a device's name and what it is.

use crate::bytes::Reader;
use crate::probing::answers::numbered;
use crate::probing::readers::DatagramReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, Transport};

const CARRIER: Transport = Transport::EtherType(0x88cc);
/// Frames read: a station repeats itself.
const MAX_FRAMES: u8 = 2;
const TLV_END: u16 = 0;
const TLV_SYSTEM_NAME: u16 = 5;
const TLV_SYSTEM_DESCRIPTION: u16 = 6;

/// LLDP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "lldp",
    name: "LLDP",
    selector: 1502,
    transports: &[CARRIER],
    probe: |_| numbered("EtherType 0x88cc (IEEE 802.1AB)"),
    inspector: Some(|| DatagramReader::boxed(read, MAX_FRAMES)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// TLVs: seven bits of type, nine of size (§8.4).
fn read(data: &[u8], found: &mut Findings) {
    let mut reader = Reader::new(data);
    while let Some(head) = reader.u16() {
        let Some(value) = reader.take(usize::from(head & 0x1ff)) else { return };
        match head >> 9 {
            TLV_END => return,
            TLV_SYSTEM_NAME => found.text(Attribute::DeviceName, value),
            TLV_SYSTEM_DESCRIPTION => found.text(Attribute::DeviceDescription, value),
            _ => {}
        }
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "switch with name and description",
        transport: CARRIER,
        direction: Direction::Originator,
        data:
            b"\x02\x07\x04\x02\x00\x5e\x10\x00\x01\x04\x05\x05eth1\x06\x02\x00\x78\x0a\x05leaf1\x0c\x07Linux 6\x00\x00",
        expect: &[(Attribute::DeviceName, "leaf1"), (Attribute::DeviceDescription, "Linux 6")],
    },
    Example {
        title: "the three mandatory TLVs alone",
        transport: CARRIER,
        direction: Direction::Originator,
        data: b"\x02\x07\x04\x02\x00\x5e\x10\x00\x02\x04\x07\x03\x02\x00\x5e\x10\x00\x02\x06\x02\x00\x78\x00\x00",
        expect: &[],
    },
];
