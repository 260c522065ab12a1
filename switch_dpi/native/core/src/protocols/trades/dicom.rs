//! DICOM's upper layer over TCP (DICOM PS3.8 §9.3): associations with the names of both ends.

use crate::bytes::Reader;
use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Progress, Sample, Transport};

const ASSOCIATE_REQUEST: u8 = 1;
const ASSOCIATE_ACCEPT: u8 = 2;
const DATA: u8 = 4;
/// Of an application entity's title.
const TITLE_SIZE: usize = 16;
/// An association names some dozen contexts.
const MAX_ASSOCIATE_SIZE: u32 = 0x0004_0000;
const MAX_DATA_SIZE: u32 = 0x0100_0000;

/// DICOM.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dicom",
    name: "DICOM",
    selector: 353,
    category: "health",
    risk: Some(40),
    transports: &[Transport::Tcp],
    ports: &[104, 11_112, 4242],
    first_bytes: FirstBytes::Of(&[ASSOCIATE_REQUEST, ASSOCIATE_ACCEPT, DATA]),
    max_probe_size: 128,
    probe: |sample| answer(judge(sample)),
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let kind = cursor.byte(|kind| DESCRIPTOR.first_bytes.allows(kind))?;
    cursor.literal(&[0])?;
    let size = cursor.u32()?;
    match kind {
        ASSOCIATE_REQUEST | ASSOCIATE_ACCEPT => {
            require((68..MAX_ASSOCIATE_SIZE).contains(&size))?;
            cursor.literal(&[0])?;
            cursor.byte(|version| version & 1 == 1)?;
            cursor.literal(&[0, 0])?;
            for _ in 0..2 * TITLE_SIZE {
                cursor.byte(|character| matches!(character, b' '..=b'~' | 0))?;
            }
            cursor.matched(97, "association")
        }
        _ => {
            require((6..MAX_DATA_SIZE).contains(&size))?;
            let item = cursor.u32()?;
            require(item >= 2 && item <= size - 4)?;
            cursor.byte(|context| context & 1 == 1)?;
            cursor.byte(|control| control <= 3)?;
            // data of one value fills the unit; a command set begins with its own size
            let is_command = cursor.rest().starts_with(b"\x00\x00\x00\x00\x04\x00\x00\x00");
            cursor.matched(if item == size - 4 || is_command { 75 } else { 55 }, "data")
        }
    }
}

/// Called title, then calling title, padded with spaces (§9.3.2).
fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let mut reader = Reader::new(sample.data);
    let (Some(head), Some(_)) = (reader.array::<6>(), reader.u32()) else { return Progress::Settled };
    if !matches!(head, [ASSOCIATE_REQUEST | ASSOCIATE_ACCEPT, ..]) {
        return Progress::Settled;
    }
    let (Some(called), Some(calling)) = (reader.take(TITLE_SIZE), reader.take(TITLE_SIZE)) else {
        return Progress::Settled;
    };
    found.text(Attribute::DicomCalled, trim(called));
    found.text(Attribute::DicomCalling, trim(calling));
    Progress::Done
}

fn trim(title: &[u8]) -> &[u8] {
    let end = title.iter().position(|byte| *byte == 0).unwrap_or(title.len());
    title.get(..end).unwrap_or_default().trim_ascii()
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "association request",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x01\x00\x00\x00\x00\x5d\x00\x01\x00\x00ARCHIVE         CT-3            \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\x00\x00\x151.2.840.10008.3.1.1.1",
        expect: &[(Attribute::DicomCalled, "ARCHIVE"), (Attribute::DicomCalling, "CT-3")],
    },
    Example {
        title: "command set of C-ECHO",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\x04\x00\x00\x00\x00\x16\x00\x00\x00\x12\x01\x03\x00\x00\x00\x00\x04\x00\x00\x00\x38\x00\x00\x00\x00\x00\x00\x00",
        expect: &[],
    },
];
