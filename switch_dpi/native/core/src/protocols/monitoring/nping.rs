//! Nping echo protocol (Nmap, "Nping Echo Protocol", EchoProtoRFC): the handshake of both ends.

use crate::bytes::Reader;
use crate::probing::answers::of_stream;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Tcp;
const VERSION: u8 = 1;
/// Handshakes: type, and size in words.
const HANDSHAKES: [(u8, u16); 2] = [(1, 24), (2, 36)];
/// Version, type, size, sequence number, time, reserved.
const HEADER_SIZE: usize = 16;
/// 2008 and later: no older program speaks it.
const EARLIEST_S: u32 = 1_200_000_000;

/// Nping echo.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "nping-echo",
    name: "Nping echo",
    selector: 1604,
    transports: &[CARRIER],
    ports: &[9929],
    first_bytes: FirstBytes::Of(&[VERSION]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_stream(is_handshake(sample.data), 85, "handshake header", HEADER_SIZE)
}

fn is_handshake(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let (version, kind) = (reader.u8()?, reader.u8()?);
    if version != VERSION || !HANDSHAKES.iter().any(|handshake| handshake.0 == kind) {
        return Some(false);
    }
    if !HANDSHAKES.contains(&(kind, reader.u16()?)) {
        return Some(false);
    }
    reader.u32()?; // sequence number
    Some(reader.u32()? >= EARLIEST_S && reader.u32()? == 0)
}

const EXAMPLES: &[Example] = &[
    server(
        "server's handshake",
        b"\x01\x01\x00\x18\x1a\x2b\x3c\x4d\x69\x55\x34\x00\x00\x00\x00\x00\x5e\x6f\x70\x81\x92\xa3\xb4\xc5",
    ),
    client(
        "client's handshake",
        b"\x01\x02\x00\x24\x2a\x2b\x3c\x4d\x69\x55\x34\x00\x00\x00\x00\x00\x5e\x6f\x70\x81\x92\xa3\xb4\xc5",
    ),
];
