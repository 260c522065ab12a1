//! TriStation 1131 of Triconex safety controllers over UDP, as described by public research: type, channel, size, data, and
//! the check sequence of Modbus. Little-endian.

use crate::formats::checks::crc16_reflected;
use crate::probing::fields::{Fields, Verdict, answer, answered, is_at_port, require, sent};
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
    let mut fields = Fields::of(sample);
    fields.byte(|kind| matches!(kind, 1..=15))?;
    fields.byte(|channel| channel <= 3)?;
    let size = usize::from(fields.u16_le()?);
    require(sample.data.len() == OVERHEAD + size)?;
    let (body, check) = sample.data.split_last_chunk::<2>().ok_or(crate::protocol::Probe::No)?;
    let is_checked = [0, 0xffff].iter().any(|start| crc16_reflected(0xa001, *start, body) == u16::from_le_bytes(*check));
    require(is_checked || is_at_port(sample, &[PORT]))?;
    fields.matched(if is_checked { 75 } else { 50 }, "TriStation frame")
}

const EXAMPLES: &[Example] = &[
    sent("connection request", Transport::Udp, b"\x01\x00\x00\x00\x01\xfc"),
    answered("connection reply", Transport::Udp, b"\x02\x00\x02\x00\x01\x00\x01\xca"),
];
