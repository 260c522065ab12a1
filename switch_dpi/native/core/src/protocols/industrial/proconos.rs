//! ProConOS, the run-time of Phoenix Contact and others over TCP, as publicly described: 0xCC, version, size of the frame.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::Cursor;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Start and version.
const START: &[u8] = &[0xcc, 0x01, 0x00];

/// ProConOS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "proconos",
    name: "ProConOS",
    selector: 370,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[20_547],
    first_bytes: FirstBytes::Of(&[0xcc]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(START)?;
    cursor.byte(|command| matches!(command, 0x00..=0x0f))?;
    cursor.byte(|kind| matches!(kind, 0x40 | 0xc0))?;
    cursor.matched(70, "ProConOS frame")
}

const EXAMPLES: &[Example] = &[
    client("information", b"\xcc\x01\x00\x0b\x40\x02\x00\x00\x47\xee"),
    server("information", b"\xcc\x01\x00\x0b\xc0\x02\x00\x00ProConOS V3.0.1040\x00"),
];
