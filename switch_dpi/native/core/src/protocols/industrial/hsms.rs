//! HSMS (SEMI E37), SECS-II of semiconductor equipment over TCP: its control messages.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// A control message is its header of ten bytes alone (§8.2, §8.3).
const CONTROL_SIZE: &[u8] = &[0, 0, 0, 10];
/// Select, deselect, link test, reject, separate.
const REJECT: u8 = 7;

/// HSMS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "hsms",
    name: "HSMS",
    selector: 383,
    category: "industrial",
    transports: &[Transport::Tcp],
    ports: &[5000],
    first_bytes: FirstBytes::Of(&[0]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(CONTROL_SIZE)?;
    let session = cursor.u16()?;
    let [detail, status] = cursor.array()?;
    cursor.literal(&[0])?; // presentation type: SECS-II
    let kind = cursor.byte(|kind| matches!(kind, 1..=7 | 9))?;
    let is_answer = matches!(kind, 2 | 4);
    require(kind == REJECT || detail == 0 && (status == 0 || is_answer && status <= 3))?;
    require(session == 0xffff || session < 0x8000)?;
    cursor.u32()?; // system bytes
    cursor.matched(85, "HSMS control message")
}

const EXAMPLES: &[Example] = &[
    client("select", b"\x00\x00\x00\x0a\xff\xff\x00\x00\x00\x01\x00\x00\x00\x01"),
    server("selected", b"\x00\x00\x00\x0a\xff\xff\x00\x00\x00\x02\x00\x00\x00\x01"),
    client("link test", b"\x00\x00\x00\x0a\xff\xff\x00\x00\x00\x05\x00\x00\x00\x02"),
];
