//! libvirt's remote protocol (libvirt, virnetprotocol.x): size, program, version 1, procedure, type, serial, status, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// libvirt.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "libvirt",
    name: "libvirt",
    selector: 634,
    category: "cloud-platform",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[16509],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0")?;
    require(cursor.u24()? >= 28)?;
    cursor.any_literal(&[
        b"\x20\0\x80\x86",
        b"\x20\0\x80\x87",
        b"\x20\0\x80\x88",
        b"\x06\x66\0\x11",
        b"\x6b\x65\x65\x70",
    ])?;
    cursor.literal(b"\0\0\0\x01")?;
    Ok((100, "libvirt message"))
}

const EXAMPLES: &[Example] = &[
    client("authentication list", b"\0\0\0\x1c\x20\0\x80\x86\0\0\0\x01\0\0\0\x42\0\0\0\0\0\0\0\0\0\0\0\0"),
    server("keep-alive", b"\0\0\0\x1c\x6b\x65\x65\x70\0\0\0\x01\0\0\0\x01\0\0\0\x02\0\0\0\0\0\0\0\0"),
];
