//! RPKI to Router protocol, versions 0 to 2 (RFC 6810, RFC 8210): validated origins for routers.

use crate::bytes::Reader;
use crate::probing::answers::of_stream;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Tcp;
/// Version, type, session, size (RFC 8210 §5.1).
const HEADER_SIZE: usize = 8;
const SERIAL_NOTIFY: u8 = 0;
const SERIAL_QUERY: u8 = 1;
const RESET_QUERY: u8 = 2;
const CACHE_RESPONSE: u8 = 3;

/// RPKI-RTR.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rpki-rtr",
    name: "RPKI-RTR",
    selector: 1552,
    category: "security",
    transports: &[CARRIER],
    ports: &[323, 3323, 8282],
    first_bytes: FirstBytes::Of(&[0, 1, 2]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.data.first().is_some_and(|byte| !DESCRIPTOR.first_bytes.allows(*byte)) {
        return Probe::No;
    }
    of_stream(is_session(sample.data), 85, "PDU header", HEADER_SIZE)
}

/// A router begins with a query, a cache with a notification or its response (RFC 8210 §8.1).
fn is_session(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let version = reader.u8()?;
    let kind = reader.u8()?;
    if version > 2 || kind > CACHE_RESPONSE {
        return Some(false);
    }
    let (session, size) = (reader.u16()?, reader.u32()?);
    match (kind, size) {
        (SERIAL_NOTIFY, 12) => Some(version > 0 && session != 0),
        (SERIAL_QUERY, 12) => Some(session != 0),
        (RESET_QUERY, 8) => Some(session == 0),
        (CACHE_RESPONSE, 8) => {
            let next = [reader.u8()?, reader.u8()?];
            let (_, next_size) = (reader.u16()?, reader.u32()?);
            let fits = matches!((next[1], next_size), (4, 20) | (6, 32) | (7, 12 | 24) | (9 | 11, 12..=65_536));
            Some(next[0] == version && fits)
        }
        _ => Some(false),
    }
}

const EXAMPLES: &[Example] = &[
    client("reset query of version 1", b"\x01\x02\x00\x00\x00\x00\x00\x08"),
    client("serial query of version 0", b"\x00\x01\x1a\x2b\x00\x00\x00\x0c\x00\x00\x00\x07"),
    server("cache response and a prefix", b"\x01\x03\x1a\x2b\x00\x00\x00\x08\x01\x04\x00\x00\x00\x00\x00\x14\x01\x18\x18\x00\xc0\x00\x02\x00\x00\x00\xfd\xe8"),
];
