//! Port Control Protocol (RFC 6887).

use crate::bytes::Reader;
use crate::probing::answers::of_datagram;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
const VERSION: u8 = 2;
/// Common headers (§7.1, §7.2).
const HEADER_SIZE: usize = 24;
const MAX_SIZE: usize = 1100;
/// Announce, map, peer, authentication.
const MAX_OPERATION: u8 = 3;
const MAX_RESULT: u8 = 14;

/// PCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "pcp",
    name: "PCP",
    selector: 1584,
    risk: Some(40),
    transports: &[CARRIER],
    ports: &[5351, 5350],
    first_bytes: FirstBytes::Of(&[VERSION]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_datagram(is_message(sample.data), 90, "header", HEADER_SIZE)
}

fn is_message(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let [version, operation, reserved, result] = reader.array()?;
    let lifetime = reader.u32()?;
    let is_answer = operation & 0x80 != 0;
    if version != VERSION
        || operation & 0x7f > MAX_OPERATION
        || reserved != 0
        || !(HEADER_SIZE..=MAX_SIZE).contains(&data.len())
    {
        return Some(false);
    }
    if is_answer {
        reader.u32()?; // epoch
        return Some(result <= MAX_RESULT && reader.array()? == [0; 12] && data.len().is_multiple_of(4));
    }
    let client: [u8; 16] = reader.array()?;
    let is_mapped = client.starts_with(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);
    let is_ipv6 = matches!(client, [0x20 | 0x24 | 0x26 | 0x2a | 0xfd | 0xfe, ..]);
    // announcements have no body; map and peer have one of fixed size, then options (§11.1, §12.1, §14.1)
    let body_fits = match operation {
        0 => data.len() == HEADER_SIZE && lifetime == 0,
        1 => data.len() >= HEADER_SIZE + 36,
        2 => data.len() >= HEADER_SIZE + 56,
        _ => data.len() > HEADER_SIZE,
    };
    let is_zero_filled = operation != 1 || data.get(HEADER_SIZE + 13..HEADER_SIZE + 16)? == [0; 3];
    Some(result == 0 && (is_mapped || is_ipv6) && body_fits && is_zero_filled && data.len().is_multiple_of(4))
}

const EXAMPLES: &[Example] = &[
    query("map request", b"\x02\x01\x00\x00\x00\x00\x0e\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xc0\x00\x02\x07\x1a\x2b\x3c\x4d\x5e\x6f\x70\x81\x92\xa3\xb4\xc5\x06\x00\x00\x00\x1f\x90\x1f\x90\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x00\x00"),
    reply("announcement", b"\x02\x80\x00\x00\x00\x00\x00\x00\x00\x00\x12\x34\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
];
