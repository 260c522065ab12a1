//! Discovery stage of PPP over Ethernet (RFC 2516 §5), EtherType 0x8863: which service and which concentrator.

use crate::bytes::Reader;
use crate::probing::answers::numbered;
use crate::probing::readers::DatagramReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, Transport};

const CARRIER: Transport = Transport::EtherType(0x8863);
/// Frames read: the four of an exchange.
const MAX_FRAMES: u8 = 4;
/// Version and type, code, session identifier.
const HEADER_SIZE: usize = 4;
const TAG_END: u16 = 0;
const TAG_SERVICE: u16 = 0x0101;
const TAG_CONCENTRATOR: u16 = 0x0102;

/// PPPoE discovery.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "pppoe-discovery",
    name: "PPPoE Discovery",
    selector: 1507,
    transports: &[CARRIER],
    probe: |_| numbered("EtherType 0x8863 (RFC 2516)"),
    inspector: Some(|| DatagramReader::boxed(|data, found| read(data, found).unwrap_or_default(), MAX_FRAMES)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn read(data: &[u8], found: &mut Findings) -> Option<()> {
    let mut reader = Reader::new(data);
    reader.take(HEADER_SIZE)?;
    let mut tags = Reader::new(reader.vector16()?);
    while let Some(tag) = tags.u16() {
        let value = tags.vector16()?;
        match tag {
            TAG_END => break,
            TAG_SERVICE if !value.is_empty() => found.text(Attribute::PppoeService, value),
            TAG_CONCENTRATOR => found.text(Attribute::PppoeConcentrator, value),
            _ => {}
        }
    }
    Some(())
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "initiation (PADI)",
        transport: CARRIER,
        direction: Direction::Originator,
        data: b"\x11\x09\x00\x00\x00\x10\x01\x01\x00\x04inet\x01\x03\x00\x04\x1a\x2b\x3c\x4d",
        expect: &[(Attribute::PppoeService, "inet")],
    },
    Example {
        title: "offer (PADO)",
        transport: CARRIER,
        direction: Direction::Responder,
        data: b"\x11\x07\x00\x00\x00\x14\x01\x01\x00\x00\x01\x02\x00\x04bras\x01\x03\x00\x04\x1a\x2b\x3c\x4d",
        expect: &[(Attribute::PppoeConcentrator, "bras")],
    },
];
