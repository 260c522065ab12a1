//! Dynamic Link Exchange Protocol (RFC 8175): signals over UDP, a session over TCP, between a router and its radio.

use crate::bytes::Reader;
use crate::probing::answers::{of_datagram, of_stream};
use crate::probing::examples::{client, query, reply, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Begins every signal (§11.1).
const SIGNATURE: [u8; 4] = *b"DLEP";
/// Type and size (§11.2).
const HEADER_SIZE: usize = 4;
const SESSION_INITIALIZATION: u16 = 1;
const SESSION_INITIALIZATION_RESPONSE: u16 = 2;
/// In both of these mandatory (§12.5, §12.6), with a value of four bytes (§13.5).
const ITEM_HEARTBEAT: u16 = 5;
/// Highest data item assigned (IANA DLEP).
const MAX_ITEM: u16 = 32;
/// Initialisations list metrics and peers, little more.
const MAX_MESSAGE_SIZE: usize = 2048;

/// DLEP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dlep",
    name: "DLEP",
    selector: 1563,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[854],
    first_bytes: FirstBytes::Of(&[0, b'D']),
    max_probe_size: MAX_MESSAGE_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.transport.is_stream() {
        of_stream(is_initialization(sample.data), 85, "session initialisation", HEADER_SIZE)
    } else {
        of_datagram(is_signal(sample.data), 95, "signal", SIGNATURE.len() + HEADER_SIZE)
    }
}

fn is_signal(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let fits = reader.array()? == SIGNATURE && matches!(reader.u16()?, 1 | 2);
    Some(fits && reader.vector16().is_some())
}

fn is_initialization(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    if reader.u8()? != 0 || !matches!(u16::from(reader.u8()?), SESSION_INITIALIZATION | SESSION_INITIALIZATION_RESPONSE)
    {
        return Some(false);
    }
    let size = usize::from(reader.u16()?);
    if size > MAX_MESSAGE_SIZE - HEADER_SIZE {
        return Some(false);
    }
    let (mut has_heartbeat, mut left) = (false, size);
    while left > 0 {
        let (item, value_size) = (reader.u16()?, usize::from(reader.u16()?));
        let is_heartbeat = item == ITEM_HEARTBEAT;
        let Some(rest) = left.checked_sub(HEADER_SIZE + value_size) else { return Some(false) };
        if item == 0 || item > MAX_ITEM || (is_heartbeat && value_size != 4) {
            return Some(false);
        }
        has_heartbeat |= is_heartbeat;
        left = rest;
        reader.take(value_size)?;
    }
    Some(has_heartbeat)
}

const EXAMPLES: &[Example] = &[
    query("peer discovery", b"DLEP\x00\x01\x00\x00"),
    reply("peer offer", b"DLEP\x00\x02\x00\x0b\x00\x02\x00\x07\x00\xc0\x00\x02\x01\x03\x56"),
    client("session initialisation", b"\x00\x01\x00\x16\x00\x05\x00\x04\x00\x00\xea\x60\x00\x04\x00\x06\x00radio\x00\x06\x00\x00"),
    server("session initialisation response", b"\x00\x02\x00\x19\x00\x01\x00\x01\x00\x00\x05\x00\x04\x00\x00\xea\x60\x00\x0c\x00\x08\x00\x00\x00\x00\x00\x98\x96\x80"),
];
