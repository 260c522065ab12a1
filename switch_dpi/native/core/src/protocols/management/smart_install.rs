//! Cisco Smart Install: a director configures switches, as observed (Cisco security advisories cisco-sa-20170214-smi).

use crate::bytes::Reader;
use crate::probing::answers::of_stream;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Tcp;
/// Who sends: a director or a client.
const SENDERS: [u32; 2] = [1, 4];
/// Message types seen, and the greatest size of a message.
const MAX_TYPE: u32 = 16;
const MAX_SIZE: u32 = 8192;

/// Smart Install.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "smart-install",
    name: "Cisco Smart Install",
    selector: 1610,
    risk: Some(80),
    transports: &[CARRIER],
    ports: &[4786],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_stream(is_message(sample.data), 80, "header", 20)
}

/// Sender, version, type, size, then a word that is small too.
fn is_message(data: &[u8]) -> Option<bool> {
    let known = data.get(..3).unwrap_or(data);
    if known.iter().any(|byte| *byte != 0) {
        return Some(false);
    }
    let mut reader = Reader::new(data);
    if !SENDERS.contains(&reader.u32()?) || reader.u32()? > 1 || !(3..=MAX_TYPE).contains(&reader.u32()?) {
        return Some(false);
    }
    let size = reader.u32()?;
    if !(8..=MAX_SIZE).contains(&size) || !size.is_multiple_of(4) {
        return Some(false);
    }
    Some(reader.u32()? == 1)
}

const EXAMPLES: &[Example] = &[
    client(
        "director asks",
        b"\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x04\x00\x00\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00",
    ),
    server(
        "switch answers",
        b"\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00",
    ),
];
