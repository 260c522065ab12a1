//! Crestron's control of rooms over UDP and TCP (port 41794), as publicly described: discovery and the opening of a session.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, query, reply, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Question and answer of a discovery; the first holds a name in what follows.
const QUESTION: &[u8] = &[0x14, 0, 0, 0, 1, 4, 0, 3, 0, 0];
const ANSWER: &[u8] = &[0x15, 0, 0, 0, 1, 4];
/// A processor's first message: type 15, one byte, 2.
const GREETING: &[u8] = &[0x0f, 0, 1, 2];
/// The registration of a panel, which answers it: type 1.
const REGISTRATION: &[u8] = &[0x01, 0, 0x0b, 0, 0, 0, 0, 0];

/// Crestron.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "crestron",
    name: "Crestron",
    selector: 380,
    category: "iot",
    risk: Some(40),
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[41_794],
    first_bytes: FirstBytes::Of(&[0x14, 0x15, 0x0f, 0x01]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    if !sample.transport.is_stream() {
        let is_question = sample.data.first() == QUESTION.first();
        cursor.literal(if is_question { QUESTION } else { ANSWER })?;
        return cursor.matched(95, "discovery");
    }
    let is_greeting = sample.data.first() == GREETING.first();
    cursor.literal(if is_greeting { GREETING } else { REGISTRATION })?;
    require(!is_greeting || cursor.rest().is_empty())?; // the processor waits for the panel
    cursor.matched(if is_greeting { 65 } else { 80 }, "opening of a session")
}

const EXAMPLES: &[Example] = &[
    query("who is there", b"\x14\x00\x00\x00\x01\x04\x00\x03\x00\x00workstation\0\0\0\0\0"),
    reply("a processor", b"\x15\x00\x00\x00\x01\x04\x00\x03\x00\x00CP3-ROOM1\0\0\0\0\0\0\0CP3 [v1.601]"),
    server("greeting of a processor", b"\x0f\x00\x01\x02"),
    client("registration of a panel", b"\x01\x00\x0b\x00\x00\x00\x00\x00\x03\x40\xff\xff\xf1\x01"),
];
