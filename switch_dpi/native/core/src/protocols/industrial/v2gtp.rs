//! V2GTP, between electric vehicles and charging stations (ISO 15118-2 §7.8.3, ISO 15118-20, DIN SPEC 70121) over TCP and UDP.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Version 1 and its inverse.
const START: &[u8] = &[0x01, 0xfe];
const HEADER_SIZE: usize = 8;
/// Messages with certificate chains stay below this.
const MAX_LENGTH: u32 = 0x0001_0000;

/// V2GTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "v2gtp",
    name: "V2GTP",
    selector: 328,
    category: "industrial",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[15_118],
    first_bytes: FirstBytes::Of(&[1]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(START)?;
    let kind = cursor.u16()?;
    let length = cursor.u32()?;
    require(match kind {
        0x8001..=0x8004 | 0x8101 | 0x8102 => (1..MAX_LENGTH).contains(&length), // EXI streams
        0x9000 => length == 2, // discovery request: security, transport
        0x9001 => length == 20,
        0x9002 | 0x9003 => length <= 64,
        _ => false,
    })?;
    require(sample.transport.is_stream() || sample.data.len() == HEADER_SIZE + usize::try_from(length).unwrap_or(0))?;
    cursor.matched(90, "V2GTP header")
}

const EXAMPLES: &[Example] = &[
    query("discovery of the charging station", b"\x01\xfe\x90\x00\x00\x00\x00\x02\x10\x00"),
    reply("answer with address and port", b"\x01\xfe\x90\x01\x00\x00\x00\x14\xfe\x80\x00\x00\x00\x00\x00\x00\x02\x00\x00\xff\xfe\x00\x00\x01\xf2\x71\x10\x00"),
    client("supported application protocols, EXI", b"\x01\xfe\x80\x01\x00\x00\x00\x0c\x80\x00\xdb\xab\x93\x71\xd3\x23\x4b\x71\xd1\xb9"),
];
