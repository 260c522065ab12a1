//! Cisco Discovery Protocol, SNAP 00000c/2000: a device's name and platform.

use crate::bytes::Reader;
use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::probing::readers::DatagramReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, Transport};

const CARRIER: Transport = Transport::Snap(0x00_000c, 0x2000);
/// Frames read: a device repeats itself.
const MAX_FRAMES: u8 = 2;
/// Type and size of a TLV; the size counts them.
const TLV_HEADER_SIZE: u16 = 4;
const TLV_DEVICE: u16 = 1;
const TLV_PLATFORM: u16 = 6;

/// CDP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "cdp",
    name: "CDP",
    selector: 1503,
    transports: &[CARRIER],
    probe: |_| numbered("SNAP 00000c/2000"),
    inspector: Some(|| DatagramReader::boxed(read, MAX_FRAMES)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// Version, time to live, checksum, then TLVs of 16-bit type and size.
fn read(data: &[u8], found: &mut Findings) {
    let mut reader = Reader::new(data);
    if reader.take(4).is_none() {
        return;
    }
    while let (Some(kind), Some(size)) = (reader.u16(), reader.u16()) {
        let Some(value) = reader.take(usize::from(size.saturating_sub(TLV_HEADER_SIZE))) else { return };
        match kind {
            TLV_DEVICE => found.text(Attribute::DeviceName, value),
            TLV_PLATFORM => found.text(Attribute::DeviceDescription, value),
            _ => {}
        }
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "version 2 of a router",
        transport: CARRIER,
        direction: Direction::Originator,
        data: b"\x02\xb4\x1a\x2b\x00\x01\x00\x06r1\x00\x03\x00\x09Gi0/1\x00\x06\x00\x0cISR 4331",
        expect: &[(Attribute::DeviceName, "r1"), (Attribute::DeviceDescription, "ISR 4331")],
    },
    sent(CARRIER, "version 1 with the port alone", b"\x01\xb4\x1a\x2b\x00\x03\x00\x08Fa/1"),
];
