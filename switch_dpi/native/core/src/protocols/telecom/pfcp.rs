//! Packet Forwarding Control Protocol between control and user plane (3GPP TS 29.244).

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::reply;
use crate::probing::readers::DatagramReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
/// Version 1 in the upper three bits, spare bits, then: another message follows, priority, session identifier (§7.2.2).
const VERSION: u8 = 1;
const FLAG_FOLLOWED: u8 = 0x04;
const FLAG_SESSION: u8 = 0x01;
/// Heartbeat to session set deletion; session messages from 50 on (§7.3).
const LAST_NODE_MESSAGE: u8 = 19;
const SESSION_MESSAGES: std::ops::RangeInclusive<u8> = 50..=57;
/// Highest information element assigned, with room (§8.1.2); from 32768 on they are vendors' own.
const MAX_ELEMENT: u16 = 512;
const FIRST_VENDOR_ELEMENT: u16 = 0x8000;
const MAX_DATAGRAMS: u8 = 4;

/// PFCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "pfcp",
    name: "PFCP",
    selector: 1590,
    transports: &[CARRIER],
    ports: &[8805],
    first_bytes: FirstBytes::Where(|byte| byte >> 5 == VERSION && byte & 0x18 == 0),
    probe,
    inspector: Some(|| DatagramReader::boxed(read, MAX_DATAGRAMS)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match count_elements(sample.data) {
        Some(0) | None => Probe::No,
        Some(_) => matched(85, "message and information elements", 8),
    }
}

fn count_elements(data: &[u8]) -> Option<usize> {
    let mut reader = Reader::new(data);
    let [first, kind] = reader.array()?;
    let size = usize::from(reader.u16()?);
    let (body, behind) = reader.rest().split_at_checked(size)?;
    let has_session = first & FLAG_SESSION != 0;
    let is_known = if has_session { SESSION_MESSAGES.contains(&kind) } else { (1..=LAST_NODE_MESSAGE).contains(&kind) };
    if first >> 5 != VERSION || first & 0x18 != 0 || !is_known || behind.is_empty() == (first & FLAG_FOLLOWED != 0) {
        return None;
    }
    let mut reader = Reader::new(body);
    reader.take(if has_session { 8 } else { 0 })?;
    let [_, _, _, last] = reader.array()?; // sequence number, priority
    let mut count = 0;
    while !reader.is_empty() {
        let element = reader.u16()?;
        let is_known = (1..=MAX_ELEMENT).contains(&element) || element >= FIRST_VENDOR_ELEMENT;
        reader.vector16()?;
        if !is_known || last & 0x0f != 0 {
            return None;
        }
        count += 1;
    }
    Some(count)
}

fn read(data: &[u8], found: &mut Findings) {
    if let Some(kind) = data.get(1) {
        found.uint(Attribute::PfcpMessageType, (*kind).into());
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "heartbeat request",
        transport: CARRIER,
        direction: Direction::Originator,
        data: b"\x20\x01\x00\x0c\x00\x00\x01\x00\x00\x60\x00\x04\xea\x02\x12\x00",
        expect: &[(Attribute::PfcpMessageType, "1")],
    },
    reply(
        "session deletion response",
        b"\x21\x37\x00\x11\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x02\x00\x00\x13\x00\x01\x01",
    ),
];
