//! MQTT-SN 1.2 over UDP: MQTT for sensors. Messages have few fixed bits: those with a text or a protocol id are told, others
//! only together with an answer.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};

const PORTS: [u16; 3] = [1883, 1884, 10_000];
const CONNECT: u8 = 0x04;
const REGISTER: u8 = 0x0a;
/// Only this protocol id exists (§5.3.8).
const PROTOCOL_ID: u8 = 1;
/// A client's id (§5.3.2).
const MAX_CLIENT_ID: usize = 23;

/// MQTT-SN.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mqtt-sn",
    name: "MQTT-SN",
    selector: 363,
    category: "iot",
    risk: Some(40),
    transports: &[Transport::Udp],
    ports: &PORTS,
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let kind = header(&mut cursor)?;
    let is_text = |text: &[u8]| text.iter().all(|byte| (b' '..=b'~').contains(byte));
    match kind {
        CONNECT => {
            cursor.byte(|flags| flags & 0xf3 == 0)?; // only "will" and "clean session"
            cursor.literal(&[PROTOCOL_ID])?;
            cursor.u16()?; // keep alive
            let id = cursor.rest();
            require((1..=MAX_CLIENT_ID).contains(&id.len()) && is_text(id))?;
            cursor.matched(if id.len() >= 4 { 70 } else { 55 }, "CONNECT")
        }
        REGISTER => {
            cursor.array::<4>()?; // topic id, message id
            let topic = cursor.rest();
            require(!topic.is_empty() && is_text(topic))?;
            cursor.matched(50, "REGISTER")
        }
        _ => {
            let mut back = Cursor::whole(sample.reverse);
            let is_answered = header(&mut back).is_ok_and(|asked| kind == asked.wrapping_add(1));
            let confidence = if sample.is_at_port(&PORTS) { 55 } else { 50 };
            if is_answered { cursor.matched(confidence, "answer") } else { Err(Probe::NeedMore) }
        }
    }
}

/// Size in one byte, or 1 and two bytes; then the type (§5.2).
fn header(cursor: &mut Cursor<'_>) -> Result<u8, Probe> {
    let size = match cursor.u8()? {
        1 => usize::from(cursor.u16()?),
        size => usize::from(size),
    };
    require(size == cursor.size() && size >= 2)?;
    cursor.byte(|kind| matches!(kind, 0x00..=0x02 | 0x04..=0x18 | 0x1a..=0x1d | 0xfe))
}

const EXAMPLES: &[Example] = &[
    query("connection of a sensor", b"\x0e\x04\x04\x01\x00\x3csensor-1"),
    reply("a topic gets an id", b"\x14\x0a\x00\x05\x00\x01house/room/tmp"),
];
