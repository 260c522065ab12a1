//! Cardano's node-to-node and node-to-client protocols ("Ouroboros network specification", multiplexing §2 and handshake
//! §3.6): segments of time, mode and protocol number, size, over TCP, big-endian; the handshake in CBOR (RFC 8949).

use crate::bytes::Reader;
use crate::probing::answers::matched_if;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};

/// The largest handshake believed.
const MAX_SIZE: u16 = 1024;
/// Mode of the one who answers; the other 15 bits are the protocol's number, 0 for the handshake.
const RESPONDER: u16 = 0x8000;

/// Cardano.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "cardano",
    name: "Cardano",
    selector: 935,
    category: "crypto-currency",
    transports: &[Transport::Tcp],
    ports: &[3001, 6000],
    max_probe_size: 16,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    is_handshake(sample.data).map_or(Probe::NeedMore, |fits| matched_if(fits, 80, "handshake", 12))
}

/// `None` while bytes are missing that could still fit.
fn is_handshake(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    reader.u32()?;
    if data.get(5).is_some_and(|number| *number != 0) || data.get(4).is_some_and(|mode| !matches!(mode, 0 | 0x80)) {
        return Some(false);
    }
    let (mode, size) = (reader.u16()?, reader.u16()?);
    if !(6..=MAX_SIZE).contains(&size) {
        return Some(false);
    }
    let [kind, message] = [reader.u8()?, reader.u8()?];
    let fits = match (mode & RESPONDER != 0, kind, message) {
        // proposal: a map of versions, whose first is a small number or one with node-to-client's bit 15
        (false, 0x82, 0x00) => matches!(reader.u8()?, 0xa1..=0xb7) && matches!(reader.u8()?, 1..=0x19),
        // acceptance of a version, its parameters follow; or refusal with a reason
        (true, 0x83, 0x01) => matches!(reader.u8()?, 1..=0x19) && matches!(reader.u8()?, 1..=0x1a | 0x80..=0x9f),
        (true, 0x82, 0x02) => matches!(reader.u8()?, 0x82 | 0x83) && reader.u8()? <= 2,
        _ => false,
    };
    Some(fits)
}

const EXAMPLES: &[Example] = &[
    client("proposal of two versions", b"\x5a\x11\x90\x02\x00\x00\x00\x17\x82\x00\xa2\x0d\x84\x1a\x2d\x96\x4a\x09\xf5\x00\xf4\x0e\x84\x1a\x2d\x96\x4a\x09\xf5\x00\xf4"),
    server("acceptance of one", b"\x5a\x12\x10\x47\x80\x00\x00\x0c\x83\x01\x0d\x84\x1a\x2d\x96\x4a\x09\xf4\x00\xf4"),
];
