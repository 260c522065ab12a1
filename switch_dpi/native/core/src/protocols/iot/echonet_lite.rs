//! ECHONET Lite (ISO/IEC 14543-4-3), appliances of Japanese homes over UDP: properties whose sizes must add up.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Header: ECHONET Lite, format 1 (part 2, §3.2.1).
const START: &[u8] = &[0x10, 0x81];
/// Class groups are 0 to 6 and 14 (profile, 0x0E).
const MAX_GROUP: u8 = 0x0e;

/// ECHONET Lite.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "echonet-lite",
    name: "ECHONET-Lite",
    selector: 381,
    category: "iot",
    transports: &[Transport::Udp],
    ports: &[3610],
    first_bytes: FirstBytes::Of(&[0x10]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(START)?;
    cursor.u16()?; // transaction
    for _ in 0..2 {
        let [group, _class, _instance] = cursor.array()?;
        require(group <= MAX_GROUP)?;
    }
    let service = cursor
        .byte(|service| matches!(service, 0x50..=0x53 | 0x5e | 0x60..=0x63 | 0x6e | 0x71..=0x74 | 0x7a | 0x7e))?;
    let sets = if matches!(service, 0x5e | 0x6e | 0x7e) { 2 } else { 1 }; // writing and reading has two lists
    for _ in 0..sets {
        for _ in 0..cursor.u8()? {
            cursor.byte(|property| property >= 0x80)?;
            let size = cursor.u8()?;
            cursor.take(size.into())?;
        }
        if cursor.rest().is_empty() {
            break;
        }
    }
    require(cursor.rest().is_empty())?;
    cursor.matched(80, "ECHONET Lite frame")
}

const EXAMPLES: &[Example] = &[
    query("is the air conditioner on", b"\x10\x81\x00\x01\x05\xff\x01\x01\x30\x01\x62\x01\x80\x00"),
    reply("it is", b"\x10\x81\x00\x01\x01\x30\x01\x05\xff\x01\x72\x01\x80\x01\x30"),
];
