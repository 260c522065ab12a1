//! LLRP, readers of radio tags (EPCglobal "Low Level Reader Protocol" 1.1): the reader speaks first and tells of the connection.
//! Big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Version 1 or 2 in the first byte, above the two upper bits of the type (§9.2).
const VERSIONS: &[u8] = &[0x04, 0x08];
const READER_EVENT: u8 = 63;
const GET_CAPABILITIES: u8 = 1;
const HEADER_SIZE: u32 = 10;
/// Parameters: what happened, and its time by clock or since the start (§17.2.6.7, §17.2.2).
const EVENT_DATA: u16 = 246;
const TIMES: [u16; 2] = [128, 129];

/// LLRP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "llrp",
    name: "LLRP",
    selector: 1871,
    category: "iot",
    transports: &[Transport::Tcp],
    ports: &[5084],
    first_bytes: FirstBytes::Of(VERSIONS),
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[reader_event, capabilities_wanted];

fn reader_event(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.one_of(VERSIONS)?;
    cursor.literal(&[READER_EVENT])?;
    let size = cursor.u32()?;
    cursor.u32()?; // the message's number
    require(cursor.u16()? == EVENT_DATA)?;
    require(u32::from(cursor.u16()?) + HEADER_SIZE == size)?;
    require(TIMES.contains(&cursor.u16()?))?;
    require(cursor.u16()? == 12)?;
    Ok((100, "event of the reader"))
}

fn capabilities_wanted(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.one_of(VERSIONS)?;
    cursor.literal(&[GET_CAPABILITIES])?;
    require(cursor.u32()? == HEADER_SIZE + 1)?;
    cursor.u32()?;
    cursor.within(0, 4)?; // which of them
    Ok((70, "capabilities wanted"))
}

const EXAMPLES: &[Example] = &[
    server(
        "connected",
        b"\x04\x3f\0\0\0\x20\0\0\0\0\0\xf6\0\x16\0\x80\0\x0c\0\x04\xd5\x6a\x2c\xde\x1e\x0a\x01\0\0\x06\0\0",
    ),
    client("capabilities wanted", b"\x04\x01\0\0\0\x0b\0\0\0\x01\0"),
];
