//! Rx, the remote procedure calls of the Andrew File System ("Rx protocol specification", Zeldovich), big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, Transport};

/// RX.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rx",
    name: "RX",
    selector: 1700,
    category: "file-transfer",
    transports: &[Transport::Udp],
    ports: &[7000, 7001, 7002, 7003, 7004, 7005, 7007],
    max_probe_size: 64,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[packet];

/// Epoch, connection, call, sequence and serial number, type, flags, status, security class, checksum, service.
fn packet(cursor: &mut Cursor<'_>) -> Recognised {
    let (epoch, connection) = (cursor.u32()?, cursor.u32()?);
    let (call, sequence, serial) = (cursor.u32()?, cursor.u32()?, cursor.u32()?);
    let kind = cursor.within(1, 13)?;
    let [flags, _status, security] = cursor.array()?;
    let [_checksum, service] = [cursor.u16()?, cursor.u16()?];
    require(epoch > 0xffff && connection > 0xffff && call < 0x1_0000 && sequence < 0x1_0000 && serial < 0x1_0000)?;
    require(flags & 0xc0 == 0 && security <= 5)?;
    match kind {
        1 => require(sequence > 0 && call > 0 && serial > 0 && service > 0)?, // data
        2 => require(call > 0 && sequence == 0)?,                             // acknowledgement
        _ => require(sequence == 0 && call == 0 || service > 0 && serial > 0)?,
    }
    Ok((75, "Rx header"))
}

const EXAMPLES: &[Example] = &[
    query(
        "first data of a call",
        b"\x9e\x12\x34\x56\x5a\x01\x22\x04\0\0\0\x01\0\0\0\x01\0\0\0\x01\x01\x05\0\0\0\0\0\x34\0\0\x02\x08",
    ),
    reply(
        "acknowledgement",
        b"\x9e\x12\x34\x56\x5a\x01\x22\x04\0\0\0\x01\0\0\0\0\0\0\0\x02\x02\x00\0\0\0\0\0\x34\0\x20\0\0\0\0\0\x01",
    ),
];
