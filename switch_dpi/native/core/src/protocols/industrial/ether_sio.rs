//! EtherSIO (ESIO) of Saia Burgess: cyclic input and output of remote modules over UDP (as publicly described).

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::Cursor;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// First bytes of every telegram.
const MAGIC: &[u8] = b"ESIO";

/// EtherSIO.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ether-sio",
    name: "EtherSIO",
    selector: 317,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Udp],
    ports: &[6060],
    first_bytes: FirstBytes::Of(b"E"),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(MAGIC)?;
    cursor.byte(|high| high == 0)?;
    cursor.byte(|kind| kind <= 2)?;
    cursor.matched(95, "ESIO telegram")
}

const EXAMPLES: &[Example] = &[
    query(
        "transfer of outputs",
        b"ESIO\x00\x01\x00\x00\x00\x31\x76\x16\x00\x00\x00\x10\x00\x00\x00\x0d\x01\x00\x00\x00\x00\x5c\x00\x00",
    ),
    reply("status", b"ESIO\x00\x02\x00\x00\x00\x31\x76\x16\x00\x00\x00\x04\x00\x00\x00\x00"),
];
