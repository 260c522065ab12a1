//! TCPROS, the transport of topics and services of the Robot Operating System over TCP (ROS wiki, "ROS/TCPROS"): the connection
//! header, fields of `key=value` behind their sizes. Little-endian.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, Sample, Transport};

/// Keys of the header; any may stand first.
const KEYS: [&[u8]; 12] = [
    b"callerid=",
    b"topic=",
    b"md5sum=",
    b"type=",
    b"service=",
    b"message_definition=",
    b"tcp_nodelay=",
    b"latching=",
    b"persistent=",
    b"error=",
    b"request_type=",
    b"response_type=",
];
/// A definition of a message may have many kilobytes.
const MAX_SIZE: u32 = 0x0010_0000;

/// TCPROS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tcpros",
    name: "ROS",
    selector: 365,
    category: "iot",
    risk: Some(60),
    transports: &[Transport::Tcp],
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let size = cursor.u32_le()?;
    require((8..MAX_SIZE).contains(&size))?;
    let first = cursor.u32_le()?;
    require(first >= 6 && first <= size - 4)?;
    let start = cursor.rest();
    let fits = |key: &&[u8]| key.starts_with(start.get(..key.len()).unwrap_or(start));
    let key = KEYS.iter().find(|key| fits(key)).ok_or(crate::protocol::Probe::No)?;
    cursor.literal(key)?;
    cursor.matched(95, "connection header")
}

const EXAMPLES: &[Example] = &[
    client("a subscriber", b"\x2a\x00\x00\x00\x12\x00\x00\x00callerid=/listener\x10\x00\x00\x00topic=/chatter_1"),
    server("its publisher", b"\x2b\x00\x00\x00\x10\x00\x00\x00callerid=/talker\x13\x00\x00\x00type=std_msgs/String"),
];
