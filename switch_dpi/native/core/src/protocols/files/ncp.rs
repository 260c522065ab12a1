//! NetWare Core Protocol over TCP ("NetWare Core Protocols", Novell; NCP over IP): a signature, the size, then the request.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// NCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "netware-core",
    name: "NCP",
    selector: 1701,
    category: "file-transfer",
    transports: &[Transport::Tcp],
    ports: &[524],
    first_bytes: FirstBytes::Of(b"Dt"),
    max_probe_size: 32,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[request, answer];

fn request(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"DmdT")?;
    require(cursor.u32()? < 0x1_0000)?;
    require(cursor.u32()? <= 2)?; // version
    cursor.u32()?; // size of the reply's buffer
    let kind = cursor.one_of(&[0x11, 0x22, 0x55, 0x77, 0x88])?;
    require(cursor.u8()? == kind)?;
    Ok((100, "NCP request"))
}

fn answer(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"tNcP")?;
    require(cursor.u32()? < 0x1_0000)?;
    let kind = cursor.one_of(&[0x33, 0x88, 0x99])?;
    require(cursor.u8()? == kind)?;
    Ok((100, "NCP reply"))
}

const EXAMPLES: &[Example] = &[
    client("service connection", b"DmdT\0\0\0\x17\0\0\0\x01\0\0\0\0\x11\x11\0\xff\x01\xff\0"),
    server("reply", b"tNcP\0\0\0\x10\x33\x33\0\x01\x01\0\0\0"),
];
