//! collectd's network plugin (collectd wiki, "Binary protocol"): plain, signed and encrypted.

use crate::bytes::Reader;
use crate::probing::answers::{matched, of_datagram};
use crate::probing::examples::query;
use crate::probing::readers::DatagramReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
/// Type and size of a part; the size counts them.
const PART_HEADER_SIZE: u16 = 4;
const PART_HOST: u16 = 0x0000;
const PART_SIGNATURE: u16 = 0x0200;
const PART_ENCRYPTION: u16 = 0x0210;
/// Parts that must agree before it is believed.
const LEAST_PARTS: usize = 3;
const MAX_DATAGRAMS: u8 = 4;

/// collectd.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "collectd",
    name: "collectd",
    selector: 1574,
    transports: &[CARRIER],
    ports: &[25826],
    first_bytes: FirstBytes::Of(&[0, 2]),
    probe,
    inspector: Some(|| DatagramReader::boxed(read, MAX_DATAGRAMS)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.data.first_chunk() == Some(&PART_ENCRYPTION.to_be_bytes()) {
        return of_datagram(is_encrypted(sample.data), 75, "encryption part", 6);
    }
    if sample.data.first() != Some(&0) && sample.data.first_chunk() != Some(&PART_SIGNATURE.to_be_bytes()) {
        return Probe::No;
    }
    match count_parts(sample.data) {
        Some(count) if count >= LEAST_PARTS => matched(90, "parts", sample.data.len()),
        _ => Probe::No,
    }
}

/// The part fills the datagram and begins with a user's name.
fn is_encrypted(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let (_, size) = (reader.u16()?, reader.u16()?);
    let user = reader.vector16()?;
    let is_name = (1..=64).contains(&user.len()) && user.iter().all(u8::is_ascii_graphic);
    Some(usize::from(size) == data.len() && is_name && reader.rest().len() > 36)
}

/// Parts to the end of the datagram; a cut one is forgiven behind enough whole ones.
fn count_parts(data: &[u8]) -> Option<usize> {
    let (mut reader, mut count) = (Reader::new(data), 0);
    while let (Some(kind), Some(size)) = (reader.u16(), reader.u16()) {
        let Some(value) = reader.take(usize::from(size.checked_sub(PART_HEADER_SIZE)?)) else { break };
        let fits = match kind {
            PART_HOST | 2..=5 | 0x0100 => {
                matches!(value, [text @ .., 0] if text.iter().all(|byte| matches!(byte, b' '..=b'~')))
            }
            1 | 7 | 8 | 9 | 0x0101 => value.len() == 8,
            6 => matches!(value, [_, count, ..] if value.len() == 2 + 9 * usize::from(*count)),
            PART_SIGNATURE => value.len() > 32,
            _ => false,
        };
        if !fits {
            return None;
        }
        count += 1;
    }
    Some(count)
}

fn read(data: &[u8], found: &mut Findings) {
    let mut reader = Reader::new(data);
    while let (Some(kind), Some(size)) = (reader.u16(), reader.u16()) {
        let Some(value) = reader.take(usize::from(size.saturating_sub(PART_HEADER_SIZE))) else { return };
        if let (PART_HOST, Some((_, name))) = (kind, value.split_last()) {
            found.text(Attribute::MonitoredHost, name);
        }
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "load of a host",
        transport: CARRIER,
        direction: Direction::Originator,
        data: b"\x00\x00\x00\x08db1\x00\x00\x08\x00\x0c\x1a\x29\x17\xc0\x00\x00\x00\x00\x00\x02\x00\x09load\x00\x00\x04\x00\x09load\x00\x00\x06\x00\x0f\x00\x01\x01\x00\x00\x00\x00\x00\x00\xe0\x3f",
        expect: &[(Attribute::MonitoredHost, "db1")],
    },
    query("encrypted", b"\x02\x10\x00\x31\x00\x03ops\x1a\x2b\x3c\x4d\x5e\x6f\x70\x81\x92\xa3\xb4\xc5\xd6\xe7\xf8\x09\x1a\x2b\x3c\x4d\x5e\x6f\x70\x81\x92\xa3\xb4\xc5\xd6\xe7\xf8\x09\x1a\x2b\x3c\x4d\x5e\x6f\x70\x81"),
];
