//! Discovery and setup of Lantronix device servers over UDP, as publicly described.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{query, reply};
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
    risk: Some(60),
    transports: &[Transport::Udp],
    ports: &[PORT],
    first_bytes: FirstBytes::Of(&[0]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(START)?;
    let kind = cursor.byte(|kind| matches!(kind, QUERY..=0xfb))?;
    match kind {
        QUERY => require(cursor.rest().is_empty())?,
        QUERY_ANSWER => require(sample.data.len() == ANSWER_SIZE)?,
        _ => {
            require(sample.is_at_port(&[PORT]))?;
            return cursor.matched(59, "setup");
        }
    }
    cursor.matched(65, "query of the firmware")
}

const EXAMPLES: &[Example] = &[
    query("who is there", b"\x00\x00\x00\xf6"),
    reply("a device", b"\x00\x00\x00\xf7\x80\x06\x05\x58\x32\x00\x06\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x20\x4a\x80\x12\x34"),
];
