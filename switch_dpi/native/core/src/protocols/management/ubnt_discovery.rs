//! Ubiquiti's discovery, version 1 and 2, as observed: requests of four bytes, answers of TLVs.

use crate::bytes::Reader;
use crate::probing::answers::{matched, of_datagram};
use crate::probing::examples::reply;
use crate::probing::readers::DatagramReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
const PORT: u16 = 10001;
/// Version, command, size of what follows.
const HEADER_SIZE: usize = 4;
const TLV_MAC: u8 = 1;
const TLV_MAC_AND_IP: u8 = 2;
const TLV_HOST_NAME: u8 = 11;
const TLV_MODEL: u8 = 12;
const TLV_LONG_MODEL: u8 = 20;
const MAX_DATAGRAMS: u8 = 4;

/// Ubiquiti discovery.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ubnt-discovery",
    name: "UBNTAC2",
    selector: 1592,
    risk: Some(20),
    transports: &[CARRIER],
    ports: &[PORT],
    first_bytes: FirstBytes::Of(&[1, 2]),
    probe,
    inspector: Some(|| DatagramReader::boxed(|data, found| read(data, found).unwrap_or_default(), MAX_DATAGRAMS)),
    app: "ubiquiti",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// A request has nothing but its four bytes, so it is a guess at its port.
fn probe(sample: &Sample<'_>) -> Probe {
    let is_usual_port = sample.originator_port == PORT || sample.responder_port == PORT;
    match sample.data {
        [1 | 2, 0 | 8, 0, 0] if is_usual_port => matched(58, "request", HEADER_SIZE),
        [1 | 2, 0 | 8, 0, 0] => Probe::NeedMore,
        data => of_datagram(is_answer(data), 90, "header and TLVs", HEADER_SIZE),
    }
}

fn is_answer(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let [version, command] = reader.array()?;
    let size = usize::from(reader.u16()?);
    if !matches!((version, command), (1, 0) | (2, 0..=11)) || size != reader.rest().len() {
        return Some(false);
    }
    let (mut has_address, mut count) = (false, 0);
    while !reader.is_empty() {
        let kind = reader.u8()?;
        let value = reader.vector16()?;
        has_address |= matches!((kind, value.len()), (TLV_MAC, 6) | (TLV_MAC_AND_IP, 10));
        count += 1;
    }
    Some(has_address && count >= 2)
}

fn read(data: &[u8], found: &mut Findings) -> Option<()> {
    let mut reader = Reader::new(data);
    reader.take(HEADER_SIZE)?;
    while let Some(kind) = reader.u8() {
        let value = reader.vector16()?;
        match kind {
            TLV_HOST_NAME => found.text(Attribute::DeviceName, value),
            TLV_MODEL | TLV_LONG_MODEL => found.text(Attribute::DeviceDescription, value),
            _ => {}
        }
    }
    Some(())
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "answer of version 1",
        transport: CARRIER,
        direction: Direction::Responder,
        data: b"\x01\x00\x00\x1a\x02\x00\x0a\x02\x00\x5e\x10\x00\x01\xc0\x00\x02\x07\x0b\x00\x03ap1\x0c\x00\x04UAP2",
        expect: &[(Attribute::DeviceName, "ap1"), (Attribute::DeviceDescription, "UAP2")],
    },
    reply(
        "announcement of version 2",
        b"\x02\x06\x00\x13\x01\x00\x06\x02\x00\x5e\x10\x00\x01\x0a\x00\x04\x00\x00\x12\x34\x17\x00\x00",
    ),
];
