//! SAP HANA's SQL command network protocol (SAP HANA SQL Command Network Protocol, "Initialization").

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// What every client sends first: filler, product version 4.20, protocol version 4.1, one option: little-endian.
const REQUEST: &[u8] = b"\xff\xff\xff\xff\x04\x20\x00\x04\x01\x00\x00\x01\x01\x01";

/// SAP HANA.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sap-hana",
    name: "SAP HANA",
    selector: 517,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[30013, 30015, 39013, 39015],
    first_bytes: FirstBytes::Of(&[0x00, 0x01, 0x02, 0x04, 0xff]),
    max_probe_size: 48,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[request, answer, message];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn request(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\xff\xff\xff\xff\x04\x20\0\x04\x01\0\0\x01\x01")?;
    cursor.within(0, 1)?; // byte order
    Ok((100, "HANA initialisation"))
}

/// Versions alone: they count as an answer.
fn answer(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.one_of(&[0x01, 0x02, 0x04])?;
    cursor.u8()?;
    cursor.literal(b"\0\x04\x01\0\0\0")?;
    let mut request = cursor.of_peer();
    if request.rest().is_empty() {
        return Ok((70, "HANA initialisation answered"));
    }
    request.literal(REQUEST).map(|()| (100, "HANA initialisation answered"))
}

/// Message header and segment header: sizes agree, one segment, which begins at offset 0.
fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.zeros(8)?; // session, not yet given
    cursor.u32_le()?;
    let (size, limit) = (cursor.u32_le()?, cursor.u32_le()?);
    require(size >= 24 && size <= limit && limit < 0x4000_0000)?;
    cursor.literal(b"\x01\0")?;
    cursor.take(10)?;
    require(cursor.u32_le()? == size)?;
    cursor.zeros(4)?;
    Ok((85, "HANA message"))
}

const EXAMPLES: &[Example] = &[
    client("initialisation", b"\xff\xff\xff\xff\x04\x20\x00\x04\x01\x00\x00\x01\x01\x01"),
    server("initialisation answered", b"\x04\x05\0\x04\x01\0\0\0"),
    client(
        "message",
        b"\0\0\0\0\0\0\0\0\0\0\0\0\x60\0\0\0\xe0\xff\x01\0\x01\0\0\0\0\0\0\0\0\0\0\0\x60\0\0\0\0\0\0\0\x01\0\x01\0\x01\x41\0\0",
    ),
];
