//! Art-Net 4 (Artistic Licence), stage lighting over UDP.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::Cursor;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// First bytes of every packet.
const MAGIC: &[u8] = b"Art-Net\0";

/// Art-Net.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "art-net",
    name: "Art-Net",
    selector: 374,
    category: "iot",
    transports: &[Transport::Udp],
    ports: &[6454],
    first_bytes: FirstBytes::Of(b"A"),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(MAGIC)?;
    cursor.u16_le()?; // operation
    cursor.matched(100, "Art-Net packet")
}

const EXAMPLES: &[Example] = &[
    query("poll", b"Art-Net\0\x00\x20\x00\x0e\x02\x00"),
    query("two channels", b"Art-Net\0\x00\x50\x00\x0e\x01\x00\x00\x00\x00\x02\xff\x80"),
    reply("sync", b"Art-Net\0\x00\x52\x00\x0e\x00\x00"),
];
