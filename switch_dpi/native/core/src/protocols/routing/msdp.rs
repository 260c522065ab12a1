//! Multicast Source Discovery Protocol (RFC 3618): TLVs over TCP.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Tcp;
const PORT: u16 = 639;
const SOURCE_ACTIVE: u8 = 1;
const SA_REQUEST: u8 = 2;
const SA_RESPONSE: u8 = 3;
const KEEP_ALIVE: u8 = 4;
/// Type and size, which the size counts (§12).
const HEADER_SIZE: u16 = 3;
const MAX_SIZE: u16 = 9192;

/// MSDP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "msdp",
    name: "MSDP",
    selector: 1559,
    transports: &[CARRIER],
    ports: &[PORT],
    first_bytes: FirstBytes::Of(&[SOURCE_ACTIVE, SA_REQUEST, SA_RESPONSE, KEEP_ALIVE]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let is_usual_port = sample.originator_port == PORT || sample.responder_port == PORT;
    let mut reader = Reader::new(sample.data);
    let mut keep_alives = 0;
    loop {
        match next(&mut reader) {
            Some(Some(SOURCE_ACTIVE | SA_RESPONSE)) => return matched(85, "source-active TLV", 20),
            Some(Some(_)) => keep_alives += 1,
            Some(None) => return Probe::No,
            None if keep_alives > 0 && is_usual_port => return matched(55, "keep-alive TLV", 3),
            None => return Probe::NeedMore,
        }
        if keep_alives >= 2 {
            return matched(75, "keep-alive TLVs", 6);
        }
    }
}

/// The type of the next TLV; `Some(None)` where it is none, `None` while bytes are missing.
fn next(reader: &mut Reader<'_>) -> Option<Option<u8>> {
    let kind = reader.u8()?;
    if !(SOURCE_ACTIVE..=KEEP_ALIVE).contains(&kind) {
        return Some(None);
    }
    let size = reader.u16()?;
    match kind {
        KEEP_ALIVE => Some((size == HEADER_SIZE).then_some(kind)),
        SA_REQUEST => {
            let reserved_and_group = (size == 8).then(|| reader.take(5));
            match reserved_and_group {
                None => Some(None),
                Some(value) => Some(matches!(value?, [0, 224..=239, ..]).then_some(kind)),
            }
        }
        _ => {
            let count = u16::from(reader.u8()?);
            if count == 0 || size > MAX_SIZE || size < 8 + 12 * count {
                return Some(None);
            }
            reader.u32()?; // rendezvous point
            let entry: [u8; 12] = reader.array()?;
            Some(matches!(entry, [0, 0, 0, 32, 224..=239, ..]).then_some(kind))
        }
    }
}

const EXAMPLES: &[Example] = &[
    client("source active", b"\x01\x00\x14\x01\xc0\x00\x02\x01\x00\x00\x00\x20\xe9\xfc\x00\x01\xc0\x00\x02\x64"),
    client("two keep-alives", b"\x04\x00\x03\x04\x00\x03"),
];
