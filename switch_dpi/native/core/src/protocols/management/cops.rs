//! Common Open Policy Service (RFC 2748 §2.1, §2.2): header and first object, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// COPS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "cops",
    name: "COPS",
    selector: 1705,
    category: "network",
    transports: &[Transport::Tcp],
    ports: &[3288],
    first_bytes: FirstBytes::Of(b"\x10\x11"),
    max_probe_size: 24,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.one_of(&[0x10, 0x11])?;
    let operation = cursor.within(1, 10)?;
    cursor.u16()?; // client type
    let size = cursor.u32()?;
    require(size % 4 == 0 && (8..0x1_0000).contains(&size))?;
    if size == 8 {
        require(operation == 9)?; // keep-alive
        return Ok((59, "COPS keep-alive"));
    }
    require(u32::from(cursor.u16()?) + 8 <= size)?;
    let object = cursor.array::<2>()?;
    let fits = match operation {
        1..=3 => object == [1, 1], // handle
        4 | 5 => matches!(object, [1, 1] | [16, 1]),
        6 => object == [11, 1], // identification of the enforcement point
        7 => object == [10, 1], // time of keep-alive
        8 => object == [8, 1],  // error
        10 => object == [1, 1],
        _ => object == [16, 1], // integrity
    };
    require(fits)?;
    Ok((85, "COPS message"))
}

const EXAMPLES: &[Example] = &[
    client("Client-Open", b"\x10\x06\x80\x01\0\0\0\x14\0\x0a\x0b\x01router1\0\0\0"),
    server("Client-Accept", b"\x10\x07\x80\x01\0\0\0\x10\0\x08\x0a\x01\0\0\0\x1e"),
];
