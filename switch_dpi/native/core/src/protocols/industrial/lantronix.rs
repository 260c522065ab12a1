//! Discovery and setup of Lantronix device servers over UDP, as publicly described.

use crate::probing::fields::{Fields, Verdict, answer, answered, is_at_port, require, sent};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

const PORT: u16 = 30_718;
/// Every message begins with three zeros.
const START: &[u8] = &[0, 0, 0];
/// Query of the firmware: nothing follows. Its answer has 30 bytes.
const QUERY: u8 = 0xf6;
const QUERY_ANSWER: u8 = 0xf7;
const ANSWER_SIZE: usize = 30;

/// Lantronix.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "lantronix",
    name: "Lantronix",
    selector: 367,
    category: "industrial",
    transports: &[Transport::Udp],
    ports: &[PORT],
    first_bytes: FirstBytes::Of(&[0]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut fields = Fields::of(sample);
    fields.expect(START)?;
    let kind = fields.byte(|kind| matches!(kind, QUERY..=0xfb))?;
    match kind {
        QUERY => require(fields.rest().is_empty())?,
        QUERY_ANSWER => require(sample.data.len() == ANSWER_SIZE)?,
        _ => {
            require(is_at_port(sample, &[PORT]))?;
            return fields.matched(59, "setup");
        }
    }
    fields.matched(65, "query of the firmware")
}

const EXAMPLES: &[Example] = &[
    sent("who is there", Transport::Udp, b"\x00\x00\x00\xf6"),
    answered(
        "a device",
        Transport::Udp,
        b"\x00\x00\x00\xf7\x80\x06\x05\x58\x32\x00\x06\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x20\x4a\x80\x12\x34",
    ),
];
