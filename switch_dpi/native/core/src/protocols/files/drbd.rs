//! DRBD, replication of block devices (LINBIT, drbd_protocol.h: headers of versions 8 and 9), big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Feature packet that begins a connection.
const FEATURES: u16 = 0xfffe;

/// DRBD.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "drbd",
    name: "DRBD",
    selector: 582,
    category: "file-transfer",
    transports: &[Transport::Tcp],
    ports: &[7788, 7789],
    first_bytes: FirstBytes::Of(&[0x83, 0x86]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[header80, header100];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Magic 83740267, command, size.
fn header80(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x83\x74\x02\x67")?;
    let command = cursor.u16()?;
    require(!(0x60..0xfff0).contains(&command))?;
    Ok((if command == FEATURES { 100 } else { 90 }, "DRBD header"))
}

/// Magic 8620EC20, volume, command, size, padding.
fn header100(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x86\x20\xec\x20")?;
    require(cursor.u16()? < 0x1000)?;
    let command = cursor.u16()?;
    require(!(0x60..0xfff0).contains(&command))?;
    cursor.take(4)?;
    cursor.zeros(4)?;
    Ok((100, "DRBD header"))
}

const EXAMPLES: &[Example] = &[
    client("features", b"\x83\x74\x02\x67\xff\xfe\0\x50\0\0\0\x56\0\0\0\0"),
    server("ping of version 9", b"\x86\x20\xec\x20\0\0\0\x13\0\0\0\0\0\0\0\0"),
];
