//! Apple Filing Protocol over DSI (Apple, "AFP over TCP: Data Stream Interface"): a header of sixteen bytes, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CLOSE: u8 = 1;
const STATUS: u8 = 3;
const OPEN: u8 = 4;
const TICKLE: u8 = 5;
const WRITE: u8 = 6;
const ATTENTION: u8 = 8;

/// AFP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "afp-dsi",
    name: "AFP",
    selector: 570,
    category: "file-transfer",
    transports: &[Transport::Tcp],
    ports: &[548],
    first_bytes: FirstBytes::Of(&[0, 1]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[header];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Flags (request or reply), command, request id, offset or error, size, reserved.
fn header(cursor: &mut Cursor<'_>) -> Recognised {
    let is_reply = cursor.within(0, 1)? == 1;
    let command = cursor.within(CLOSE, ATTENTION)?;
    let id = cursor.u16()?;
    let offset = cursor.u32()?;
    let size = cursor.u32()?;
    require(size < 0x0100_0000)?;
    cursor.zeros(4)?;
    let fits = match (command, is_reply) {
        (CLOSE, _) => size == 0 && offset == 0,
        (STATUS, false) => size <= 2 && offset == 0,
        (STATUS, true) => size >= 16 && offset == 0,
        (OPEN, _) => size <= 12 && offset == 0,
        (TICKLE, false) => size == 0 && offset == 0,
        (WRITE, false) => size > 0 && offset <= size,
        (ATTENTION, _) => offset == 0 && size <= 2,
        (2, false) => size > 0 && offset == 0,
        // an error code of AFP is a small negative number
        (_, true) => (offset == 0 && size > 0) || (0xffff_ec00..=0xffff_ec90).contains(&offset),
        _ => false,
    };
    require(fits)?;
    if size == 0 {
        // nothing but zeros and small numbers
        require(id != 0)?;
        return Ok((55, "DSI header"));
    }
    if command == OPEN {
        cursor.within(0, 2)?; // option: attention or request quantum
        cursor.within(4, 4)?;
    } else if command == 2 && !is_reply {
        cursor.within(1, 0x7e)?; // AFP command
    } else if is_reply && command != STATUS {
        let mut asked = cursor.of_peer();
        if asked.u8().is_err() {
            return Ok((55, "DSI reply"));
        }
        require(asked.u8()? <= ATTENTION)?;
    } else if is_reply {
        // offsets of the server's type and versions
        require((16..512).contains(&cursor.u16()?) && (16..512).contains(&cursor.u16()?))?;
    }
    Ok((85, "DSI header"))
}

const EXAMPLES: &[Example] = &[
    client("open session", b"\0\x04\0\x01\0\0\0\0\0\0\0\x06\0\0\0\0\x01\x04\0\0\x04\0"),
    client("status wanted", b"\0\x03\0\x01\0\0\0\0\0\0\0\x02\0\0\0\0\x0f\0"),
    server("session opened", b"\x01\x04\0\x01\0\0\0\0\0\0\0\x0c\0\0\0\0\0\x04\0\x10\0\0\x02\x04\0\0\0\x80"),
    client("log-in", b"\0\x02\0\x02\0\0\0\0\0\0\0\x15\0\0\0\0\x12\x06AFP3.3\x0dNo User Authent"),
];
