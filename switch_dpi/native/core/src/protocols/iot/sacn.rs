//! Streaming ACN (ANSI E1.31) and other users of ACN's root layer over UDP (ANSI E1.17): stage lighting, and who sends it.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::Cursor;
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Progress, Sample, Transport};

/// Sizes of the preamble and of what follows the packet, then the identifier (E1.31 §5.1 to §5.3).
const ROOT: &[u8] = b"\x00\x10\x00\x00ASC-E1.17\0\0\0";
/// Vector of the root layer: data, extended (E1.31 §5.5), where it stands.
const VECTOR_OFFSET: usize = 18;
/// The source's name in the framing layer (§6.2.2).
const NAME: std::ops::Range<usize> = 44..108;

/// Streaming ACN.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sacn",
    name: "sACN",
    selector: 375,
    category: "iot",
    transports: &[Transport::Udp],
    ports: &[5568],
    first_bytes: FirstBytes::Of(&[0]),
    probe: |sample| answer(judge(sample)),
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(ROOT)?;
    cursor.matched(100, "root layer of ACN")
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let vector = sample.data.get(VECTOR_OFFSET..).and_then(<[u8]>::first_chunk::<4>);
    if matches!(vector, Some([0, 0, 0, 4 | 8]))
        && let Some(name) = sample.data.get(NAME)
    {
        let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
        found.text(Attribute::SacnSource, name.get(..end).unwrap_or_default());
    }
    Progress::Done
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "levels of a desk",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x00\x10\x00\x00ASC-E1.17\0\0\0\x70\x6e\x00\x00\x00\x04uuid567890123456\x70\x58\x00\x00\x00\x02Desk A\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x64\x00\x00\x07\x00\x00\x01",
        expect: &[(Attribute::SacnSource, "Desk A")],
    },
    Example {
        title: "another user of the root layer",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x00\x10\x00\x00ASC-E1.17\0\0\0\x70\x1a\x00\x00\x00\x01uuid567890123456",
        expect: &[],
    },
];
