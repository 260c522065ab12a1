//! KNXnet/IP (ISO 22510; KNX Specifications 03_08) over UDP and TCP: discovery, management, tunnelling, routing, security.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Header of 6 bytes, protocol version 1.0 (03_08_01 §2.3.2).
const START: &[u8] = &[0x06, 0x10];
/// A frame over TCP is no larger than this in practice: a telegram has at most 254 bytes.
const MAX_SIZE: u16 = 1_024;

/// KNXnet/IP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "knxnet-ip",
    name: "KNXnet_IP",
    selector: 311,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[3671],
    first_bytes: FirstBytes::Of(&[6]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(START)?;
    let service = cursor.u16()?;
    require(is_service(service))?;
    let size = cursor.u16()?;
    require((6..=MAX_SIZE).contains(&size))?;
    require(sample.transport.is_stream() || usize::from(size) == sample.data.len())?;
    cursor.matched(95, "KNXnet/IP header")
}

/// Core, device management, tunnelling, routing, remote diagnosis, object server, security (03_08_01 §5).
const fn is_service(service: u16) -> bool {
    matches!(
        service,
        0x0201..=0x020c | 0x0310..=0x0311 | 0x0420..=0x0425 | 0x0530..=0x0533 | 0x0740..=0x0743 | 0x0800 | 0x0950..=0x0956 | 0xf080
    )
}

const EXAMPLES: &[Example] = &[
    query("search request", b"\x06\x10\x02\x01\x00\x0e\x08\x01\xc0\xa8\x01\x0a\x0e\x57"),
    reply("connect response", b"\x06\x10\x02\x06\x00\x14\x01\x00\x08\x01\xc0\xa8\x01\x14\x0e\x57\x04\x04\x11\xff"),
    query(
        "routing indication: a light is switched on",
        b"\x06\x10\x05\x30\x00\x11\x29\x00\xbc\xe0\x11\x01\x00\x01\x01\x00\x81",
    ),
    client("secure session request over TCP", b"\x06\x10\x09\x51\x00\x0e\x08\x02\x00\x00\x00\x00\x00\x00"),
];
