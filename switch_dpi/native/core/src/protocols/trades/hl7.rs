//! HL7 version 2 in the minimal lower layer protocol over TCP (HL7 v2 appendix C; transport specification MLLP release 1):
//! who sends which kind of message. Patients' data are not read.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Progress, Sample, Transport};

/// Vertical tab: start of a block.
const START: &[u8] = &[0x0b];
/// Message, file and batch headers.
const HEADERS: [&[u8; 3]; 3] = [b"MSH", b"FHS", b"BHS"];
const MAX_HEADER_SIZE: usize = 512;
/// MSH-1 is the separator itself, MSH-2 follows it: counted from there, MSH-3 is field 1 and MSH-9 field 7.
const SENDING_APPLICATION: usize = 1;
const MESSAGE_TYPE: usize = 7;

/// HL7.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "hl7",
    name: "HL7",
    selector: 354,
    category: "health",
    risk: Some(40),
    transports: &[Transport::Tcp],
    ports: &[2575],
    first_bytes: FirstBytes::Of(START),
    probe: |sample| answer(judge(sample)),
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(START)?;
    let start = cursor.rest().get(..3).unwrap_or(cursor.rest());
    require(HEADERS.iter().any(|header| header.starts_with(start)))?;
    cursor.take(3)?;
    let separator = cursor.byte(|separator| separator.is_ascii_punctuation())?;
    cursor.byte(|component| component.is_ascii_punctuation() && component != separator)?;
    cursor.matched(97, "header of a message")
}

/// The header ends with a carriage return.
fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let Some(end) = sample.data.iter().take(MAX_HEADER_SIZE).position(|byte| *byte == b'\r') else {
        return if sample.data.len() < MAX_HEADER_SIZE { Progress::Settled } else { Progress::Done };
    };
    let header = sample.data.get(..end).unwrap_or_default();
    let (Some(separator), Some(cursor)) = (header.get(4), header.get(5..)) else { return Progress::Done };
    let field = |number| cursor.split(|byte| byte == separator).nth(number).unwrap_or_default();
    for (attribute, value) in
        [(Attribute::Hl7Sender, field(SENDING_APPLICATION)), (Attribute::Hl7Type, field(MESSAGE_TYPE))]
    {
        if !value.is_empty() {
            found.text(attribute, value);
        }
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "admission",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data:
            b"\x0bMSH|^~\\&|ADT1|HOSP|LAB|HOSP|20240101120000||ADT^A01|MSG00001|P|2.5\rEVN|A01|20240101120000\r\x1c\r",
        expect: &[(Attribute::Hl7Sender, "ADT1"), (Attribute::Hl7Type, "ADT^A01")],
    },
    Example {
        title: "acknowledgement",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\x0bMSH|^~\\&|LAB|HOSP|ADT1|HOSP|20240101120001||ACK|MSG00001|P|2.5\rMSA|AA|MSG00001\r\x1c\r",
        expect: &[(Attribute::Hl7Type, "ACK")],
    },
];
