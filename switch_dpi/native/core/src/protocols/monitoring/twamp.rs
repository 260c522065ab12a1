//! One-way and two-way active measurement, control connections (OWAMP, RFC 4656 §3; TWAMP, RFC 5357 §3). Their test packets
//! have no mark.

use crate::bytes::Reader;
use crate::probing::answers::of_stream;
use crate::probing::examples::server;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Tcp;
/// Unused, modes, challenge, salt, count, zeros (RFC 4656 §3.1).
const GREETING_SIZE: usize = 64;
/// Modes assigned so far (IANA TWAMP-Modes).
const MAX_MODES: u32 = 0xffff;
/// The count of the key derivation is a power of two from here on.
const LEAST_COUNT: u32 = 1024;

/// TWAMP and OWAMP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "twamp",
    name: "TWAMP",
    selector: 1600,
    transports: &[CARRIER],
    ports: &[861, 862],
    first_bytes: FirstBytes::Of(&[0]),
    max_probe_size: GREETING_SIZE + 1,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_stream(is_greeting(sample.data), 95, "server greeting", GREETING_SIZE)
}

fn is_greeting(data: &[u8]) -> Option<bool> {
    let unused = data.get(..12).unwrap_or(data);
    if unused.iter().any(|byte| *byte != 0) {
        return Some(false);
    }
    let mut reader = Reader::new(data);
    reader.take(12)?;
    if !(1..=MAX_MODES).contains(&reader.u32()?) {
        return Some(false);
    }
    let (challenge, salt): ([u8; 16], [u8; 16]) = (reader.array()?, reader.array()?);
    let count = reader.u32()?;
    if challenge == [0; 16] || salt == [0; 16] || !count.is_power_of_two() || count < LEAST_COUNT {
        return Some(false);
    }
    Some(reader.array()? == [0; 12])
}

const EXAMPLES: &[Example] = &[
    server("greeting that offers the open mode", b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x1a\x2b\x3c\x4d\x5e\x6f\x70\x81\x92\xa3\xb4\xc5\xd6\xe7\xf8\x09\x1a\x2b\x3c\x4d\x5e\x6f\x70\x81\x92\xa3\xb4\xc5\xd6\xe7\xf8\x0a\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    server("greeting that offers all modes of OWAMP", b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07\x2a\x2b\x3c\x4d\x5e\x6f\x70\x81\x92\xa3\xb4\xc5\xd6\xe7\xf8\x09\x3a\x2b\x3c\x4d\x5e\x6f\x70\x81\x92\xa3\xb4\xc5\xd6\xe7\xf8\x0a\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
];
