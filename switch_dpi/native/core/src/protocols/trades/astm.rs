//! ASTM E1381/E1394 (CLSI LIS01, LIS02), laboratory instruments over TCP: frames whose first record is a header.

use crate::probing::fields::{Fields, Verdict, answer, sent};
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
    let mut fields = Fields::of(sample);
    if sample.data.first() == Some(&ENQUIRY) {
        fields.u8()?;
    }
    fields.expect(START)?;
    fields.byte(|number| matches!(number, b'0'..=b'7'))?;
    fields.expect(b"H")?;
    let separator = fields.byte(|separator| separator.is_ascii_punctuation())?;
    for _ in 0..3 {
        fields.byte(|delimiter| delimiter.is_ascii_punctuation() && delimiter != separator)?;
    }
    fields.byte(|end| end == separator || end == b'\r')?;
    fields.matched(80, "header record")
}

const EXAMPLES: &[Example] = &[
    sent("header behind an enquiry", Transport::Tcp, b"\x05\x021H|\\^&|||ANALYZER^1|||||||P|1|20240101\r\x0397\r\n"),
    sent("header", Transport::Tcp, b"\x021H|\\^&||||||||||P||20240101\r\x0397\r\n"),
];
