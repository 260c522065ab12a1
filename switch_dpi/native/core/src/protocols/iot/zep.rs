//! ZEP, the ZigBee encapsulation protocol: 802.15.4 frames that sniffers send over UDP, versions 1 to 3 as publicly described.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

const MAGIC: &[u8] = b"EX";
const DATA: u8 = 1;
const ACKNOWLEDGE: u8 = 2;
/// Magic, version, type and sequence number: an acknowledgement is no larger.
const ACKNOWLEDGE_SIZE: usize = 8;
/// Channels of 802.15.4 (page 0).
const MAX_CHANNEL: u8 = 26;

/// ZEP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "zep",
    name: "ZEP",
    selector: 348,
    category: "iot",
    transports: &[Transport::Udp],
    ports: &[17_754],
    first_bytes: FirstBytes::Of(b"E"),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(MAGIC)?;
    let version = cursor.byte(|version| (1..=3).contains(&version))?;
    if version == 1 {
        cursor.byte(|channel| channel <= MAX_CHANNEL)?;
        cursor.array::<3>()?; // device, whether the check sequence is there
        cursor.array::<8>()?;
    } else {
        let kind = cursor.byte(|kind| matches!(kind, DATA | ACKNOWLEDGE))?;
        if kind == ACKNOWLEDGE {
            require(sample.data.len() == ACKNOWLEDGE_SIZE)?;
            return cursor.matched(75, "ZEP acknowledgement");
        }
        cursor.byte(|channel| channel <= MAX_CHANNEL)?;
        cursor.array::<26>()?; // device, quality, time, sequence number, reserved
    }
    let size = usize::from(cursor.u8()?);
    require(size > 0 && size == cursor.rest().len())?;
    cursor.matched(80, "ZEP frame")
}

const EXAMPLES: &[Example] = &[
    query("a frame on channel 11", b"EX\x02\x01\x0b\x00\x01\x01\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05\x02\x00\x2a\xb1\x0e"),
    query("acknowledgement", b"EX\x02\x02\x00\x00\x00\x05"),
];
