//! SRT and the UDT from which it comes: the handshake (draft-sharabayko-srt §3.2.1, draft-gg-udt-03 §4).

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Header (16) and handshake up to the peer's address (48).
const HANDSHAKE_SIZE: usize = 64;

/// SRT.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "srt",
    name: "SRT",
    selector: 757,
    category: "streaming-protocol",
    transports: &[Transport::Udp],
    ports: &[9000],
    first_bytes: FirstBytes::Of(&[0x80]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.data.len() >= HANDSHAKE_SIZE && is_handshake(sample.data).is_some() {
        matched(95, "SRT handshake", HANDSHAKE_SIZE)
    } else {
        Probe::No
    }
}

/// Control packet of kind 0, version 4 or 5, sequence number without its top bit, a usual packet size and window, and a step.
fn is_handshake(data: &[u8]) -> Option<()> {
    let mut reader = Reader::new(data);
    let (kind, subtype) = (reader.u32()?, reader.u32()?);
    reader.take(8)?; // time, destination
    let (version, _extension, sequence) = (reader.u32()?, reader.u32()?, reader.u32()?);
    let (packet_size, window, step) = (reader.u32()?, reader.u32()?, reader.u32()?);
    let fits = kind == 0x8000_0000 && subtype == 0 && matches!(version, 4 | 5) && sequence >> 31 == 0;
    let is_step = matches!(step, 0 | 1 | 0xffff_fffd..=0xffff_ffff | 1000..=1020);
    (fits && (576..=9000).contains(&packet_size) && window <= 1 << 24 && is_step).then_some(())
}

const EXAMPLES: &[Example] = &[
    query("induction", b"\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x12\x34\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x02\x1d\x2c\x3b\x4a\x00\x00\x05\xdc\x00\x00\x20\x00\x00\x00\x00\x01\x2a\x3b\x4c\x5d\x00\x00\x00\x00\x05\x02\x00\xc0\0\0\0\0\0\0\0\0\0\0\0\0"),
    reply("conclusion", b"\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x22\x34\x2a\x3b\x4c\x5d\x00\x00\x00\x05\x00\x00\x00\x01\x1d\x2c\x3b\x4a\x00\x00\x05\xdc\x00\x00\x20\x00\xff\xff\xff\xff\x11\x22\x33\x44\x00\x00\x00\x00\x09\x02\x00\xc0\0\0\0\0\0\0\0\0\0\0\0\0"),
];
