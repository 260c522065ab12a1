//! XGT of LS Electric's controllers over TCP and UDP (XGT FEnet manual): a header that begins with the company's name.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Names of the present and the former series.
const NAMES: [&[u8]; 2] = [b"LSIS-XGT", b"LGIS-GLO"];

/// XGT.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "xgt",
    name: "LSIS-XGT",
    selector: 386,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[2004, 2005],
    first_bytes: FirstBytes::Of(b"L"),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let start = cursor.rest().get(..8).unwrap_or(cursor.rest());
    require(NAMES.iter().any(|name| name.starts_with(start)))?;
    cursor.take(8)?;
    cursor.matched(100, "XGT header")
}

const EXAMPLES: &[Example] = &[
    client(
        "a word is read",
        b"LSIS-XGT\0\0\x00\x00\xa0\x33\x00\x00\x10\x00\x00\x15\x54\x00\x02\x00\x00\x00\x01\x00\x06\x00%MW100",
    ),
    reply(
        "its value",
        b"LSIS-XGT\0\0\x00\x00\xa0\x11\x00\x00\x0e\x00\x00\x24\x55\x00\x02\x00\x00\x00\x00\x00\x01\x00\x02\x00\x34\x12",
    ),
];
