//! Weave, Nest's devices among each other and with their service (OpenWeave, `WeaveMessageLayer`): messages with the node ids of
//! both ends, in which Nest's part of the hardware address stands. Over TCP each has its size before it. Little-endian.

use crate::probing::cursor::{Checked, Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, query};
use crate::protocol::{Descriptor, Example, Transport};

/// Versions of messages, in the upper half of the header's second byte.
const VERSIONS: std::ops::RangeInclusive<u8> = 1..=2;
/// Kinds of encryption, in the upper half of its first byte; the lower half is reserved.
const MAX_ENCRYPTION: u8 = 0x30;
const HAS_DESTINATION: u8 = 1;
const HAS_SOURCE: u8 = 2;
/// Header, number and payload.
const MIN_SIZE: usize = 2 + 4 + 8;
/// How Nest's node ids end: the maker's part of the hardware address (18-b4-30), last byte first.
const MAKER: &[u8] = &[0x30, 0xb4, 0x18];

/// Weave.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "weave",
    name: "Weave",
    selector: 1862,
    category: "iot",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[11_095, 11_096],
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    if cursor.sample.transport.is_stream() {
        require(usize::from(cursor.u16_le()?) >= MIN_SIZE)?;
    }
    cursor.byte(|encryption| encryption & 0x0f == 0 && encryption <= MAX_ENCRYPTION)?;
    let flags = cursor.byte(|flags| VERSIONS.contains(&(flags >> 4)))?;
    require(flags & (HAS_SOURCE | HAS_DESTINATION) != 0)?;
    cursor.u32()?; // the message's number
    for end in [HAS_SOURCE, HAS_DESTINATION] {
        if flags & end != 0 {
            node(cursor)?;
        }
    }
    Ok((if flags & HAS_SOURCE != 0 && flags & HAS_DESTINATION != 0 { 95 } else { 85 }, "Weave message"))
}

/// A node id: five bytes of its own, then the maker.
fn node(cursor: &mut Cursor<'_>) -> Checked<()> {
    cursor.array::<5>()?;
    cursor.literal(MAKER)
}

const EXAMPLES: &[Example] = &[
    client(
        "a device to the service",
        b"\x20\0\0\x13\x01\0\0\0\x11\x22\x33\x44\x55\x30\xb4\x18\x01\0\0\0\x02\x30\xb4\x18\x11\x01\x01\0\0\0\0\0\0\0",
    ),
    query("to one device", b"\x10\x21\x07\0\0\0\x11\x22\x33\x44\x55\x30\xb4\x18\x02\x20\x01\x02\x03\x04"),
];
