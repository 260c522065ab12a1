//! HSMS (SEMI E37), SECS-II of semiconductor equipment over TCP: its control messages.

use crate::probing::fields::{Fields, Verdict, answer, answered, require, sent};
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
    let mut fields = Fields::of(sample);
    fields.expect(CONTROL_SIZE)?;
    let session = fields.u16()?;
    let [detail, status] = fields.array()?;
    fields.expect(&[0])?; // presentation type: SECS-II
    let kind = fields.byte(|kind| matches!(kind, 1..=7 | 9))?;
    let is_answer = matches!(kind, 2 | 4);
    require(kind == REJECT || detail == 0 && (status == 0 || is_answer && status <= 3))?;
    require(session == 0xffff || session < 0x8000)?;
    fields.u32()?; // system bytes
    fields.matched(85, "HSMS control message")
}

const EXAMPLES: &[Example] = &[
    sent("select", Transport::Tcp, b"\x00\x00\x00\x0a\xff\xff\x00\x00\x00\x01\x00\x00\x00\x01"),
    answered("selected", Transport::Tcp, b"\x00\x00\x00\x0a\xff\xff\x00\x00\x00\x02\x00\x00\x00\x01"),
    sent("link test", Transport::Tcp, b"\x00\x00\x00\x0a\xff\xff\x00\x00\x00\x05\x00\x00\x00\x02"),
];
