//! Discord's voice connections (Discord developer documentation, "Voice Connections"): the discovery of one's own address and
//! the keep-alive that runs beside the encrypted RTP.

use crate::protocol::{Descriptor, Direction, Evidence, Example, FirstBytes, Probe, Sample, Transport};

/// Begins every keep-alive, before a counter.
const KEEP_ALIVE: [u8; 4] = [0x13, 0x37, 0xca, 0xfe];
const KEEP_ALIVE_SIZE: usize = 8;
/// Type, length, source, address, port ("IP Discovery").
const DISCOVERY_SIZE: usize = 2 + 2 + 4 + ADDRESS_SIZE + 2;
const ADDRESS_SIZE: usize = 64;
/// Type and length of a request and of a response.
const DISCOVERY: [[u8; 4]; 2] = [[0, 1, 0, 70], [0, 2, 0, 70]];

/// Discord's voice connections.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "discord-voice",
    name: "Discord",
    selector: 220,
    category: "voip",
    tags: &["encrypted"],
    app: "discord",
    transports: &[Transport::Udp],
    ports: &[50_001, 50_002, 50_003, 50_004, 50_005],
    first_bytes: FirstBytes::Where(|byte| matches!(byte, 0 | 0x13 | 0x80..=0x9f)),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if matches!(data, [0x80..=0x9f, 200..=207, ..]) {
        return Probe::NeedMore; // reports of RTCP run beside it (RFC 5761 §4)
    }
    if data.starts_with(&KEEP_ALIVE) && data.len() == KEEP_ALIVE_SIZE {
        return matched(95, "voice keep-alive", KEEP_ALIVE_SIZE);
    }
    if !DISCOVERY.iter().any(|start| data.starts_with(start)) || data.len() != DISCOVERY_SIZE {
        return Probe::No;
    }
    // text of an address up to the first zero, then zeros
    let address = data.get(8..8 + ADDRESS_SIZE).unwrap_or_default();
    let text = address.iter().take_while(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':')).count();
    let is_address = address.iter().skip(text).all(|byte| *byte == 0) && text < ADDRESS_SIZE;
    if is_address { matched(95, "discovery of the own address", DISCOVERY_SIZE) } else { Probe::No }
}

fn matched(confidence: u8, what: &'static str, size: usize) -> Probe {
    Probe::Match(Evidence { confidence, what, offset: 0, size: u16::try_from(size).unwrap_or(u16::MAX) })
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "keep-alive",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x13\x37\xca\xfe\x05\x00\x00\x00",
        expect: &[],
    },
    Example {
        title: "request for the own address",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x00\x01\x00\x46\x00\x01\x86\xa0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        expect: &[],
    },
    Example {
        title: "response with the own address",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x00\x02\x00\x46\x00\x01\x86\xa0192.0.2.77\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xc3\x50",
        expect: &[],
    },
];
