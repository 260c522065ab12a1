//! Path Computation Element Protocol (RFC 5440 §6.2, §7.3): the Open message that both ends begin with, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// PCEP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "pcep",
    name: "PCEP",
    selector: 1704,
    category: "network",
    transports: &[Transport::Tcp],
    ports: &[4189],
    first_bytes: FirstBytes::Of(b"\x20"),
    max_probe_size: 16,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[open];

fn open(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x20\x01")?;
    let size = cursor.u16()?;
    require((12..4096).contains(&size) && size % 4 == 0)?;
    cursor.literal(b"\x01")?; // object class
    cursor.one_of(&[0x10, 0x12, 0x11, 0x13])?;
    require(u32::from(cursor.u16()?) + 4 == u32::from(size))?;
    require(cursor.u8()? >> 5 == 1)?;
    Ok((95, "PCEP Open"))
}

const EXAMPLES: &[Example] = &[
    client("Open", b"\x20\x01\0\x0c\x01\x10\0\x08\x20\x1e\x78\x01"),
    server("Open with capabilities", b"\x20\x01\0\x14\x01\x10\0\x10\x20\x1e\x78\x02\0\x10\0\x04\0\0\0\x05"),
];
