//! Babel routing (RFC 8966).

use crate::bytes::Reader;
use crate::probing::answers::of_datagram;
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
/// Magic and version (§4.2).
const MAGIC: [u8; 2] = [42, 2];
const HEADER_SIZE: usize = 4;
const TLV_PAD1: u8 = 0;
/// Up to Challenge Reply (RFC 8967 §6).
const MAX_TLV_TYPE: u8 = 18;

/// Babel.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "babel",
    name: "Babel",
    selector: 1560,
    transports: &[CARRIER],
    ports: &[6696],
    first_bytes: FirstBytes::Of(&[42]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_datagram(is_packet(sample.data), 80, "header and TLVs", HEADER_SIZE)
}

/// The body holds whole TLVs; a trailer with authentication may follow it.
fn is_packet(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    if reader.array()? != MAGIC {
        return Some(false);
    }
    let mut body = Reader::new(reader.vector16()?);
    let mut count = 0;
    while let Some(kind) = body.u8() {
        if kind > MAX_TLV_TYPE {
            return Some(false);
        }
        if kind != TLV_PAD1 {
            body.vector8()?;
            count += 1;
        }
    }
    Some(count > 0)
}

const EXAMPLES: &[Example] = &[
    query("hello", b"\x2a\x02\x00\x08\x04\x06\x00\x00\x00\x01\x01\x90"),
    query("router identifier, next hop and update", b"\x2a\x02\x00\x23\x06\x0a\x00\x00\x02\x00\x5e\xff\xfe\x10\x00\x01\x07\x06\x01\x00\xc0\x00\x02\x01\x08\x0d\x01\x00\x18\x00\x06\x40\x00\x07\x00\x00\xc0\x00\x02"),
];
