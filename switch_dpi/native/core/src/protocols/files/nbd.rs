//! Network Block Device (NBD project, doc/proto.md), big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// NBD.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "nbd",
    name: "NBD",
    selector: 577,
    category: "file-transfer",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[10809],
    first_bytes: FirstBytes::Of(&[b'N', 0x00, 0x25, 0x67, 0x66]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[greeting, options, transmission];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn greeting(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"NBDMAGIC")?;
    Ok((100, "NBD greeting"))
}

/// Flags of the client, then its first option.
fn options(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.zeros(3)?;
    cursor.within(0, 3)?;
    cursor.literal(b"IHAVEOPT")?;
    Ok((100, "NBD option"))
}

/// Request, simple reply, structured reply.
fn transmission(cursor: &mut Cursor<'_>) -> Recognised {
    let kind = cursor.any_literal(&[b"\x25\x60\x95\x13", b"\x67\x44\x66\x98", b"\x66\x8e\x33\xef"])?;
    if kind == 0 {
        cursor.zeros(1)?;
        cursor.u8()?;
        require(cursor.u16()? <= 16)?;
    }
    Ok((85, "NBD transmission"))
}

const EXAMPLES: &[Example] = &[
    server("greeting", b"NBDMAGICIHAVEOPT\0\x03"),
    client("flags and option", b"\0\0\0\x03IHAVEOPT\0\0\0\x07\0\0\0\x06\0\0\0\0\0\0"),
    client("read", b"\x25\x60\x95\x13\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\x02\0"),
];
