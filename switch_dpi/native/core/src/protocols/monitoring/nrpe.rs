//! Nagios Remote Plugin Executor, versions 2 to 4, without TLS (NRPE sources, `common.h`).

use crate::bytes::Reader;
use crate::probing::answers::of_stream;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Tcp;
/// Version, type, CRC, result.
const HEADER_SIZE: usize = 10;
const QUERY: u16 = 1;
const RESPONSE: u16 = 2;
/// The shortest text that is believed: `OK`, a check's name.
const LEAST_TEXT_SIZE: usize = 4;

/// NRPE.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "nrpe",
    name: "NRPE",
    selector: 1573,
    risk: Some(40),
    transports: &[CARRIER],
    ports: &[5666],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_stream(is_packet(sample.data), 75, "packet of text", HEADER_SIZE)
}

/// Version 2 has a buffer of fixed size; 3 and 4 say its size (between them, two bytes of padding).
fn is_packet(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    if reader.u8()? != 0 || !(2..=4).contains(reader.rest().first()?) {
        return Some(false);
    }
    let version = reader.u8()?;
    if reader.u8()? != 0 || !matches!(u16::from(reader.u8()?), QUERY | RESPONSE) {
        return Some(false);
    }
    reader.u32()?; // CRC
    let result = reader.u16()?;
    if version > 2 {
        let (alignment, size) = (reader.u16()?, reader.u32()?);
        if alignment != 0 || !(4..=65_536).contains(&size) || result > 4 {
            return Some(false);
        }
    }
    let text: [u8; LEAST_TEXT_SIZE] = reader.array()?;
    Some(text.iter().all(|byte| matches!(byte, b' '..=b'~')))
}

const EXAMPLES: &[Example] = &[
    client("version 2 query", b"\x00\x02\x00\x01\x1a\x2b\x3c\x4d\x00\x00_NRPE_CHECK\x00"),
    server("version 3 response", b"\x00\x03\x00\x02\x1a\x2b\x3c\x4d\x00\x00\x00\x00\x00\x00\x00\x0cNRPE v4.1.0\x00"),
];
