//! CIP implicit messages (I/O) over UDP: connected data in the common packet format (CIP Networks Library, volume 2, §2-6).
//! Little-endian.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Two items: sequenced address of 8 bytes, then connected data.
const SEQUENCED_ADDRESS: &[u8] = &[0x02, 0x00, 0x02, 0x80, 0x08, 0x00];
const CONNECTED_DATA: &[u8] = &[0xb1, 0x00];

/// CIP I/O.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "cip",
    name: "CIP",
    selector: 309,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Udp],
    ports: &[2222],
    first_bytes: FirstBytes::Of(&[2]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(SEQUENCED_ADDRESS)?;
    cursor.u32_le()?; // connection
    cursor.u32_le()?; // sequence number
    cursor.literal(CONNECTED_DATA)?;
    let size = usize::from(cursor.u16_le()?);
    require(cursor.rest().len() <= size)?;
    cursor.matched(100, "sequenced address and connected data")
}

const EXAMPLES: &[Example] = &[
    query(
        "connected data of 6 bytes",
        b"\x02\x00\x02\x80\x08\x00\x78\x7b\x3a\x00\x01\x00\x00\x00\xb1\x00\x06\x00\x01\x00\x00\x00\x00\x01",
    ),
    query(
        "heartbeat without data",
        b"\x02\x00\x02\x80\x08\x00\x01\x00\x42\x00\x02\x00\x00\x00\xb1\x00\x02\x00\x09\x00",
    ),
];
