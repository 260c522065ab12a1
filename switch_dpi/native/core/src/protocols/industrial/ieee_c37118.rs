//! IEEE C37.118.2 (synchrophasors) over TCP and UDP: frames with their check sequence.

use crate::bytes::Reader;
use crate::formats::checks::crc16_ccitt;
use crate::probing::answers::{Verdict, answer, matched};
use crate::probing::cursor::{Cursor, require};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// First byte of every frame (§6.2).
const SYNC: u8 = 0xaa;
/// Sync, size, id, second, fraction, check sequence; a command has a word more.
const MIN_SIZE: usize = 16;
/// A configuration of some dozen devices; larger frames are told by the ones around them.
const MAX_SIZE: usize = 4_096;
const COMMAND: u8 = 4;

/// IEEE C37.118.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ieee-c37118",
    name: "IEEE-C37118",
    selector: 319,
    category: "industrial",
    risk: Some(20),
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[4712, 4713],
    first_bytes: FirstBytes::Of(&[SYNC]),
    max_probe_size: MAX_SIZE,
    probe: |sample| answer(judge(sample)),
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(&[SYNC])?;
    let kind = cursor.byte(|kind| matches!(kind >> 4, 0..=5) && matches!(kind & 0x0f, 1..=3))? >> 4;
    let size = usize::from(cursor.u16()?);
    require((MIN_SIZE..=MAX_SIZE).contains(&size) && (kind != COMMAND || size >= 18))?;
    let Some(frame) = sample.data.get(..size) else {
        return if sample.transport.is_stream() { Ok(Probe::NeedMore) } else { Err(Probe::No) };
    };
    let Some((body, check)) = frame.split_last_chunk::<2>() else { return Err(Probe::No) };
    require(crc16_ccitt(0xffff, body) == u16::from_be_bytes(*check))?;
    Ok(matched(97, "C37.118 frame with its check sequence", size))
}

/// IDCODE of the first frame.
fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let Some(id) = Reader::new(sample.data.get(4..).unwrap_or_default()).u16() else { return Progress::NeedMore };
    found.uint(Attribute::C37118Id, id.into());
    Progress::Done
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "command: turn on transmission",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\xaa\x41\x00\x12\x00\x3c\x48\x99\x14\xae\x56\x00\x41\x89\x00\x02\xd2\xc1",
        expect: &[(Attribute::C37118Id, "60")],
    },
    Example {
        title: "data frame with a frequency",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\xaa\x01\x00\x16\x00\x3c\x48\x99\x14\xae\x56\x00\x41\x89\x00\x00\x00\x32\x00\x00\x39\x16",
        expect: &[(Attribute::C37118Id, "60")],
    },
];
