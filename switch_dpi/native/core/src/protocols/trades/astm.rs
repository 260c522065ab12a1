//! ASTM E1381/E1394 (CLSI LIS01, LIS02), laboratory instruments over TCP: frames whose first record is a header.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::Cursor;
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Enquiry; start of text.
const ENQUIRY: u8 = 5;
const START: &[u8] = &[2];

/// ASTM.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "astm",
    name: "ASTM",
    selector: 355,
    category: "health",
    transports: &[Transport::Tcp],
    ports: &[5600],
    first_bytes: FirstBytes::Of(&[ENQUIRY, 2]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    if sample.data.first() == Some(&ENQUIRY) {
        cursor.u8()?;
    }
    cursor.literal(START)?;
    cursor.byte(|number| matches!(number, b'0'..=b'7'))?;
    cursor.literal(b"H")?;
    let separator = cursor.byte(|separator| separator.is_ascii_punctuation())?;
    for _ in 0..3 {
        cursor.byte(|delimiter| delimiter.is_ascii_punctuation() && delimiter != separator)?;
    }
    cursor.byte(|end| end == separator || end == b'\r')?;
    cursor.matched(80, "header record")
}

const EXAMPLES: &[Example] = &[
    client("header behind an enquiry", b"\x05\x021H|\\^&|||ANALYZER^1|||||||P|1|20240101\r\x0397\r\n"),
    client("header", b"\x021H|\\^&||||||||||P||20240101\r\x0397\r\n"),
];
