//! Routing Information Protocol, versions 1 and 2 (RFC 1058, RFC 2453).
//!
//! A request for the whole table has the same bytes in version 1 and in RIPng; there the port decides.

use crate::bytes::Reader;
use crate::probing::answers::of_datagram;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
/// The port of RIPng (RFC 2080 §2).
const RIPNG_PORT: u16 = 521;
/// Command, version, zero (RFC 2453 §4).
const HEADER_SIZE: usize = 4;
/// A route, and how many there are at most (RFC 2453 §4).
const ENTRY_SIZE: usize = 20;
const MAX_ENTRIES: usize = 25;
/// Infinity (RFC 2453 §3.6).
const MAX_METRIC: u32 = 16;
const FAMILY_NONE: u16 = 0;
const FAMILY_IP: u16 = 2;
const FAMILY_AUTHENTICATION: u16 = 0xffff;

/// RIP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rip",
    name: "RIP",
    selector: 1553,
    risk: Some(20),
    transports: &[CARRIER],
    ports: &[520],
    first_bytes: FirstBytes::Of(&[1, 2]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let is_ripng = sample.originator_port == RIPNG_PORT || sample.responder_port == RIPNG_PORT;
    of_datagram(is_message(sample.data).map(|fits| fits && !is_ripng), 85, "header and routes", HEADER_SIZE)
}

fn is_message(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let [command, version] = reader.array()?;
    let routes = reader.rest().len().checked_sub(2)?;
    if !matches!(command, 1 | 2) || !matches!(version, 1 | 2) || reader.u16()? != 0 {
        return Some(false);
    }
    if routes == 0 || routes % ENTRY_SIZE != 0 || routes > MAX_ENTRIES * ENTRY_SIZE {
        return Some(false);
    }
    let mut is_first = true;
    while !reader.is_empty() {
        if !is_route(reader.take(ENTRY_SIZE)?, command, version, is_first)? {
            return Some(false);
        }
        is_first = false;
    }
    Some(true)
}

/// Family, tag, address, mask, next hop, metric; version 1 has zeros in their places (RFC 1058 §3.1).
fn is_route(entry: &[u8], command: u8, version: u8, is_first: bool) -> Option<bool> {
    let mut reader = Reader::new(entry);
    let (family, tag, address) = (reader.u16()?, reader.u16()?, reader.u32()?);
    let (mask, next, metric) = (reader.u32()?, reader.u32()?, reader.u32()?);
    let is_plain = version == 2 || (tag == 0 && mask == 0 && next == 0);
    let is_prefix = mask.leading_ones() + mask.trailing_zeros() >= u32::BITS;
    Some(match family {
        FAMILY_AUTHENTICATION => version == 2 && (is_first || tag == 1) && matches!(tag, 1..=3),
        FAMILY_NONE => command == 1 && is_first && address == 0 && tag == 0 && metric == MAX_METRIC,
        FAMILY_IP => is_plain && is_prefix && metric <= MAX_METRIC,
        _ => false,
    })
}

const EXAMPLES: &[Example] = &[
    query(
        "version 2 request for the whole table",
        b"\x01\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10",
    ),
    reply(
        "version 2 response",
        b"\x02\x02\x00\x00\x00\x02\x00\x00\xc0\x00\x02\x00\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x01",
    ),
    reply(
        "version 1 response",
        b"\x02\x01\x00\x00\x00\x02\x00\x00\x0a\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02",
    ),
];
