//! gRPC (gRPC over HTTP2): told on HTTP/2 by its media type; here the messages of a call whose HTTP/2 connection began unseen
//! are recognised: a HEADERS frame with that media type.

use crate::bytes::Reader;
use crate::protocol::{Descriptor, Direction, Evidence, Example, FirstBytes, Probe, Sample, Transport};

/// `application/grpc` as text, and in HPACK's code (RFC 7541 appendix B).
const MEDIA_TYPES: [&[u8]; 2] = [b"application/grpc", b"\x1d\x75\xd0\x62\x0d\x26\x3d\x4c\x4d\x65\x64"];
const FRAME_HEADER_SIZE: usize = 9;
/// Header fields of a call with its metadata.
const MAX_HEADERS_SIZE: usize = 8192;
const HEADERS: u8 = 1;
/// END_STREAM, END_HEADERS, PADDED, PRIORITY (RFC 9113 §6.2).
const FLAGS: u8 = 0x01 | 0x04 | 0x08 | 0x20;

/// gRPC.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "grpc",
    name: "gRPC",
    selector: 218,
    category: "web",
    transports: &[Transport::Tcp],
    ports: &[50_051],
    first_bytes: FirstBytes::Of(&[0]),
    max_probe_size: FRAME_HEADER_SIZE + MAX_HEADERS_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let mut reader = Reader::new(sample.data);
    if sample.data.first().is_some_and(|byte| *byte != 0) || sample.data.get(3).is_some_and(|kind| *kind != HEADERS) {
        return Probe::No;
    }
    let (Some(size), Some(_kind), Some(flags), Some(stream)) = (reader.u24(), reader.u8(), reader.u8(), reader.u32())
    else {
        return Probe::NeedMore;
    };
    let size = size as usize;
    if flags & !FLAGS != 0 || stream == 0 || stream >> 31 != 0 || size == 0 || size > MAX_HEADERS_SIZE {
        return Probe::No;
    }
    let there = reader.rest();
    let block = there.get(..size).unwrap_or(there);
    if MEDIA_TYPES.iter().any(|name| block.windows(name.len()).any(|window| window == *name)) {
        return Probe::Match(Evidence {
            confidence: 95,
            what: "media type of gRPC",
            offset: 0,
            size: FRAME_HEADER_SIZE as u16,
        });
    }
    if block.len() < size { Probe::NeedMore } else { Probe::No }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "call on a connection that began before",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x00\x00\x10\x01\x04\x00\x00\x00\x05\x83\x86\xbf\x5f\x8b\x1d\x75\xd0\x62\x0d\x26\x3d\x4c\x4d\x65\x64",
        expect: &[],
    },
    Example {
        title: "answer in plain letters",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\x00\x00\x13\x01\x04\x00\x00\x00\x05\x88\x5f\x10application/grpc",
        expect: &[],
    },
];
