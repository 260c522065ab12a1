//! MQTT-SN 1.2 over UDP: MQTT for sensors. Messages have few fixed bits: those with a text or a protocol id are told, others
//! only together with an answer.

use crate::probing::fields::{Fields, Verdict, answer, answered, is_at_port, require, sent};
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
    transports: &[Transport::Udp],
    ports: &PORTS,
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut fields = Fields::of(sample);
    let kind = header(&mut fields)?;
    let is_text = |text: &[u8]| text.iter().all(|byte| (b' '..=b'~').contains(byte));
    match kind {
        CONNECT => {
            fields.byte(|flags| flags & 0xf3 == 0)?; // only "will" and "clean session"
            fields.expect(&[PROTOCOL_ID])?;
            fields.u16()?; // keep alive
            let id = fields.rest();
            require((1..=MAX_CLIENT_ID).contains(&id.len()) && is_text(id))?;
            fields.matched(if id.len() >= 4 { 70 } else { 55 }, "CONNECT")
        }
        REGISTER => {
            fields.array::<4>()?; // topic id, message id
            let topic = fields.rest();
            require(!topic.is_empty() && is_text(topic))?;
            fields.matched(50, "REGISTER")
        }
        _ => {
            let mut back = Fields::new(sample.reverse, Probe::No);
            let is_answered = header(&mut back).is_ok_and(|asked| kind == asked.wrapping_add(1));
            let confidence = if is_at_port(sample, &PORTS) { 55 } else { 50 };
            if is_answered { fields.matched(confidence, "answer") } else { Err(Probe::NeedMore) }
        }
    }
}

/// Size in one byte, or 1 and two bytes; then the type (§5.2).
fn header(fields: &mut Fields<'_>) -> Result<u8, Probe> {
    let size = match fields.u8()? {
        1 => usize::from(fields.u16()?),
        size => usize::from(size),
    };
    require(size == fields.size() && size >= 2)?;
    fields.byte(|kind| matches!(kind, 0x00..=0x02 | 0x04..=0x18 | 0x1a..=0x1d | 0xfe))
}

const EXAMPLES: &[Example] = &[
    sent("connection of a sensor", Transport::Udp, b"\x0e\x04\x04\x01\x00\x3csensor-1"),
    answered("a topic gets an id", Transport::Udp, b"\x14\x0a\x00\x05\x00\x01house/room/tmp"),
];
