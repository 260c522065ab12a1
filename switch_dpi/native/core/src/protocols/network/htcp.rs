//! HTCP, the Hyper Text Caching Protocol (RFC 2756).

use crate::probing::answers::matched;
use crate::probing::numbers::u16_at;
use crate::protocol::{Descriptor, Direction, Example, Probe, Sample, Transport};

/// Length and version (RFC 2756 §2.2), then length, opcode and flags, transaction of the data (§2.4).
const HEADER_SIZE: usize = 4;
const DATA_HEADER_SIZE: usize = 8;
/// An authentication section that says nothing is its own length.
const EMPTY_AUTH_SIZE: usize = 2;
/// NOP, TST, MON, SET, CLR.
const MAX_OPCODE: u8 = 4;

/// HTCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "htcp",
    name: "HTCP",
    selector: 1232,
    category: "network",
    transports: &[Transport::Udp],
    ports: &[4827],
    max_probe_size: HEADER_SIZE + DATA_HEADER_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// Three lengths must agree: of the message, of its data, of the authentication behind it. Squid writes opcode and response in
/// the order of its compiler, so either half of that byte may be the opcode.
fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let (Some(size), Some([0, 0 | 1]), Some(inner)) =
        (u16_at(data, 0).map(usize::from), data.get(2..4), u16_at(data, HEADER_SIZE).map(usize::from))
    else {
        return Probe::No;
    };
    let auth = HEADER_SIZE + inner;
    let auth_size = u16_at(data, auth).map(usize::from);
    let sizes_fit =
        size == data.len() && inner >= DATA_HEADER_SIZE && auth_size.is_some_and(|auth_size| auth + auth_size == size);
    let auth_fits = auth_size == Some(EMPTY_AUTH_SIZE) || auth_size.is_some_and(|size| size > 22);
    let opcode_fits =
        data.get(HEADER_SIZE + 2).is_some_and(|byte| byte >> 4 <= MAX_OPCODE || byte & 0x0f <= MAX_OPCODE);
    if sizes_fit && auth_fits && opcode_fits {
        matched(85, "lengths of the sections", HEADER_SIZE + DATA_HEADER_SIZE)
    } else {
        Probe::No
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "TST request",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\0\x33\0\x01\0\x2d\x10\x02\0\0\0\x07\0\x03GET\0\x17http://www.example.org/\0\x031.1\0\0\0\x02",
        expect: &[],
    },
    Example {
        title: "TST response, not found",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\0\x10\0\x01\0\x0a\x11\x01\0\0\0\x07\0\0\0\x02",
        expect: &[],
    },
];
