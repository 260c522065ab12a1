//! MikroTik Neighbor Discovery Protocol (RouterOS documentation): TLVs by broadcast.

use crate::bytes::Reader;
use crate::probing::answers::of_datagram;
use crate::probing::examples::query;
use crate::probing::readers::DatagramReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
/// Header and sequence number.
const HEADER_SIZE: usize = 4;
const TLV_MAC: u16 = 1;
const TLV_IDENTITY: u16 = 5;
const TLV_BOARD: u16 = 12;
/// Up to the IPv4 address.
const MAX_TLV: u16 = 17;
const MAX_DATAGRAMS: u8 = 2;

/// MNDP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mndp",
    name: "Mikrotik",
    selector: 1593,
    risk: Some(20),
    transports: &[CARRIER],
    ports: &[5678],
    probe,
    first_bytes: FirstBytes::Any,
    inspector: Some(|| DatagramReader::boxed(|data, found| read(data, found).unwrap_or_default(), MAX_DATAGRAMS)),
    app: "mikrotik",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_datagram(is_announcement(sample.data), 90, "header and TLVs", HEADER_SIZE)
}

/// The sender's address comes first.
fn is_announcement(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data.get(HEADER_SIZE..)?);
    if reader.u16()? != TLV_MAC || reader.vector16()?.len() != 6 {
        return Some(false);
    }
    let mut count = 0;
    while !reader.is_empty() {
        if !(1..=MAX_TLV).contains(&reader.u16()?) {
            return Some(false);
        }
        reader.vector16()?;
        count += 1;
    }
    Some(count >= 2)
}

fn read(data: &[u8], found: &mut Findings) -> Option<()> {
    let mut reader = Reader::new(data.get(HEADER_SIZE..)?);
    while let Some(kind) = reader.u16() {
        let value = reader.vector16()?;
        match kind {
            TLV_IDENTITY => found.text(Attribute::DeviceName, value),
            TLV_BOARD => found.text(Attribute::DeviceDescription, value),
            _ => {}
        }
    }
    Some(())
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "router",
        transport: CARRIER,
        direction: Direction::Originator,
        data: b"\x00\x00\x00\x07\x00\x01\x00\x06\x02\x00\x5e\x10\x00\x01\x00\x05\x00\x02r1\x00\x07\x00\x046.49\x00\x08\x00\x08MikroTik\x00\x0c\x00\x07RB750r2",
        expect: &[(Attribute::DeviceName, "r1"), (Attribute::DeviceDescription, "RB750r2")],
    },
    query("address, up time and interface alone", b"\x00\x00\x00\x08\x00\x01\x00\x06\x02\x00\x5e\x10\x00\x02\x00\x0a\x00\x04\x12\x34\x00\x00\x00\x10\x00\x06ether1"),
];
