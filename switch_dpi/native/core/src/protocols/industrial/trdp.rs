//! TRDP (IEC 61375-2-3 annex A), the real-time data protocol of trains: process data over UDP, messages over UDP and TCP.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, query, reply};
use crate::protocol::{Descriptor, Example, Sample, Transport};

/// Protocol version 1.x (§A.6.2).
const VERSION: &[u8] = &[1];
/// Largest data set of process data and of messages, in bytes.
const MAX_PROCESS_DATA: u32 = 1_432;
const MAX_MESSAGE: u32 = 65_388;

/// TRDP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "trdp",
    name: "TRDP",
    selector: 320,
    category: "industrial",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[17_224, 17_225],
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.u32()?; // sequence counter
    cursor.literal(VERSION)?;
    cursor.byte(|minor| minor <= 9)?;
    let kind = cursor.byte(|kind| matches!(kind, b'P' | b'M'))?;
    cursor.byte(|detail| match kind {
        b'P' => matches!(detail, b'd' | b'r' | b'p' | b'e'),
        _ => matches!(detail, b'n' | b'r' | b'p' | b'q' | b'c' | b'e'),
    })?;
    cursor.array::<12>()?; // communication id, topology counters
    let size = cursor.u32()?;
    require(size <= if kind == b'P' { MAX_PROCESS_DATA } else { MAX_MESSAGE })?;
    cursor.matched(95, "TRDP header")
}

const EXAMPLES: &[Example] = &[
    query("process data", b"\x00\x00\x00\x07\x01\x00Pd\x00\x00\x03\xe8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7d\x3a\x11\x09Hello 7\x00"),
    client("message request", b"\x00\x00\x00\x00\x01\x00Mr\x00\x00\x03\xe9\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0d\x00\x00\x00\x00\x69\x32\x2a\xc4"),
    reply("message reply", b"\x00\x00\x00\x00\x01\x00Mp\x00\x00\x03\xe9\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x11\x00\x00\x00\x00\x69\x32\x2a\xc4"),
];
