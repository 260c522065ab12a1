//! TP-Link's discovery of devices, version 2 (TDP), as open clients describe it (python-kasa): a header of 16 bytes with the size of
//! the JSON that follows. Big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

const VERSION: u8 = 2;
const HEADER_SIZE: usize = 16;
/// What asks everyone: no content, no serial number, and so always the same checksum.
const SEARCH: &[u8] = b"\x02\0\0\x01\0\0\0\0\0\0\0\0\x46\x3c\xb5\xd3";
/// Flags of messages with content.
const FLAGS: u8 = 0x11;

/// TP-Link discovery.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tplink-discovery",
    name: "TP-Link discovery",
    selector: 1864,
    category: "iot",
    transports: &[Transport::Udp],
    ports: &[20_002, 20_004],
    first_bytes: FirstBytes::Of(&[VERSION]),
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[search, message];

fn search(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(SEARCH)?;
    require(cursor.rest().is_empty())?;
    Ok((100, "search"))
}

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(&[VERSION, 0, 0])?;
    cursor.within(1, 8)?; // operation
    require(usize::from(cursor.u16()?) + HEADER_SIZE == cursor.size())?;
    cursor.literal(&[FLAGS, 0])?;
    cursor.u64()?; // serial number, checksum
    cursor.literal(b"{")?;
    Ok((100, "message with JSON"))
}

const EXAMPLES: &[Example] = &[
    query("search", SEARCH),
    reply("answer", b"\x02\0\0\x01\0\x10\x11\0\x01\x02\x03\x04\xa1\xa2\xa3\xa4{\"error_code\":0}"),
];
