//! Cisco's Gateway Load Balancing Protocol.

use crate::bytes::Reader;
use crate::probing::answers::of_datagram;
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
const VERSION: u8 = 1;
/// Version, group, the owner's address.
const HEADER_SIZE: usize = 12;
/// Type and size, which the size counts.
const TLV_HEADER_SIZE: u8 = 2;
/// Hello, request or response, authentication.
const MAX_TLV_TYPE: u8 = 4;

/// GLBP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "glbp",
    name: "GLBP",
    selector: 1556,
    transports: &[CARRIER],
    ports: &[3222],
    first_bytes: FirstBytes::Of(&[VERSION]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_datagram(is_message(sample.data), 80, "header and TLVs", HEADER_SIZE)
}

fn is_message(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let [version, zero] = reader.array()?;
    let (group, reserved) = (reader.u16()?, reader.u16()?);
    let owner: [u8; 6] = reader.array()?;
    if version != VERSION || zero != 0 || group > 1023 || reserved != 0 || owner == [0; 6] || reader.is_empty() {
        return Some(false);
    }
    while !reader.is_empty() {
        let [kind, size] = reader.array()?;
        let least = if kind == 1 { 20 } else { TLV_HEADER_SIZE + 4 };
        if !(1..=MAX_TLV_TYPE).contains(&kind) || size < least {
            return Some(false);
        }
        reader.take(usize::from(size - TLV_HEADER_SIZE))?;
    }
    Some(true)
}

const EXAMPLES: &[Example] = &[
    query("hello of the active gateway", b"\x01\x00\x00\x0a\x00\x00\x02\x00\x5e\x10\x00\x01\x01\x1c\x00\x20\x00\x64\x00\x00\x00\x00\x0b\xb8\x00\x00\x27\x10\x00\x00\x02\x58\x38\x40\x01\x04\xc0\x00\x02\xfe"),
    query("forwarder's request", b"\x01\x00\x00\x0a\x00\x00\x02\x00\x5e\x10\x00\x02\x02\x14\x01\x20\x00\xa7\x64\x00\x00\x00\x00\x00\x00\x07\xb4\x00\x0a\x01\x00\x00"),
];
