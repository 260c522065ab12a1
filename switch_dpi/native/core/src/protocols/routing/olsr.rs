//! Optimized Link State Routing (RFC 3626) and the extensions of olsrd.

use crate::bytes::Reader;
use crate::probing::answers::of_datagram;
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
/// Packet size and sequence number (§3.3).
const HEADER_SIZE: usize = 4;
/// Type, validity, size, originator, time to live, hops, sequence number (§3.3.2).
const MESSAGE_HEADER_SIZE: u16 = 12;
/// HELLO, TC, MID, HNA.
const MAX_STANDARD_TYPE: u8 = 4;
/// Types of olsrd: link quality and plug-ins.
const FIRST_EXTENSION_TYPE: u8 = 128;
const LAST_EXTENSION_TYPE: u8 = 202;

/// OLSR.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "olsr",
    name: "OLSR",
    selector: 1561,
    transports: &[CARRIER],
    ports: &[698],
    first_bytes: FirstBytes::Where(|byte| byte < 8),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_datagram(is_packet(sample.data), 75, "packet and messages", HEADER_SIZE)
}

fn is_packet(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    if usize::from(reader.u16()?) != data.len() || data.len() >= 2048 {
        return Some(false);
    }
    reader.u16()?;
    let mut count = 0;
    while !reader.is_empty() {
        let [kind, _validity] = reader.array()?;
        let size = reader.u16()?;
        let originator = reader.u32()?;
        let [time_to_live, hops, _, _] = reader.array()?;
        let is_type =
            (1..=MAX_STANDARD_TYPE).contains(&kind) || (FIRST_EXTENSION_TYPE..=LAST_EXTENSION_TYPE).contains(&kind);
        let is_hello = kind == 1;
        if !is_type || originator == 0 || (is_hello && (time_to_live != 1 || hops != 0)) || size % 4 != 0 {
            return Some(false);
        }
        reader.take(usize::from(size.checked_sub(MESSAGE_HEADER_SIZE)?))?;
        count += 1;
    }
    Some(count > 0)
}

const EXAMPLES: &[Example] = &[
    query("HELLO", b"\x00\x1c\x00\x01\x01\x86\x00\x18\xc0\x00\x02\x01\x01\x00\x00\x01\x00\x00\x05\x03\x06\x00\x00\x08\xc0\x00\x02\x02"),
    query("topology control", b"\x00\x18\x00\x02\x02\xa3\x00\x14\xc0\x00\x02\x01\xff\x00\x00\x02\x00\x07\x00\x00\xc0\x00\x02\x02"),
];
