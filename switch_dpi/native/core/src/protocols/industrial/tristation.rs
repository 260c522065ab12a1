//! TriStation 1131 of Triconex safety controllers over UDP, as described by public research: type, channel, size, data, and
//! the check sequence of Modbus. Little-endian.

use crate::formats::checks::crc16_reflected;
use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

const PORT: u16 = 1502;
/// Type, channel, size, check sequence.
const OVERHEAD: usize = 6;

/// TriStation.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tristation",
    name: "TRISTATION",
    selector: 372,
    category: "industrial",
    transports: &[Transport::Udp],
    ports: &[PORT],
    first_bytes: FirstBytes::Where(|byte| matches!(byte, 1..=15)),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.byte(|kind| matches!(kind, 1..=15))?;
    cursor.byte(|channel| channel <= 3)?;
    let size = usize::from(cursor.u16_le()?);
    require(sample.data.len() == OVERHEAD + size)?;
    let (body, check) = sample.data.split_last_chunk::<2>().ok_or(crate::protocol::Probe::No)?;
    let is_checked =
        [0, 0xffff].iter().any(|start| crc16_reflected(0xa001, *start, body) == u16::from_le_bytes(*check));
    require(is_checked || sample.is_at_port(&[PORT]))?;
    cursor.matched(if is_checked { 75 } else { 50 }, "TriStation frame")
}

const EXAMPLES: &[Example] = &[
    query("connection request", b"\x01\x00\x00\x00\x01\xfc"),
    reply("connection reply", b"\x02\x00\x02\x00\x01\x00\x01\xca"),
];
