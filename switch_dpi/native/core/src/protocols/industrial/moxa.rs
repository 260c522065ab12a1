//! Discovery of Moxa NPort device servers over UDP, as publicly described: a header with size and two words.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Request and answer, then a zero, then the size in two bytes.
const REQUESTS: std::ops::RangeInclusive<u8> = 0x01..=0x1f;
const ANSWER_BIT: u8 = 0x80;
const DISCOVERY: u8 = 0x01;

/// Moxa NPort.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "moxa-nport",
    name: "Moxa",
    selector: 368,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Udp],
    ports: &[4800],
    first_bytes: FirstBytes::Where(|byte| REQUESTS.contains(&(byte & !ANSWER_BIT))),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let kind = cursor.byte(|kind| REQUESTS.contains(&(kind & !ANSWER_BIT)))?;
    cursor.literal(&[0])?;
    let size = usize::from(cursor.u16()?);
    require(size == sample.data.len() && size >= 8)?;
    let is_discovery = kind & !ANSWER_BIT == DISCOVERY;
    cursor.literal(&[0; 4])?;
    require(if kind == DISCOVERY { size == 8 } else { kind & ANSWER_BIT != 0 && size >= 20 })?;
    if is_discovery && kind != DISCOVERY {
        cursor.array::<6>()?; // model, vendor
        cursor.literal(&[0x00, 0x90, 0xe8])?; // the maker's part of the hardware address
        return cursor.matched(90, "answer to a discovery");
    }
    cursor.matched(if is_discovery { 80 } else { 55 }, "discovery")
}

const EXAMPLES: &[Example] = &[
    query("discovery", b"\x01\x00\x00\x08\x00\x00\x00\x00"),
    reply(
        "answer of a device",
        b"\x81\x00\x00\x18\x00\x00\x00\x00\x51\x10\x00\x80\x10\x51\x00\x90\xe8\x12\x34\x56\xc0\xa8\x7f\xfe",
    ),
];
