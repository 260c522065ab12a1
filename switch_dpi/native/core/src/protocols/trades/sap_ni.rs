//! SAP's network interface: SAProuter and DIAG (SAP's GUI). Public descriptions: SAP Note 30289 and the pysap project's documentation.
//! Each message stands behind its size in four bytes, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// SAP NI.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sap-ni",
    name: "SAP",
    selector: 518,
    category: "business",
    risk: Some(40),
    transports: &[Transport::Tcp],
    ports: &[3200, 3299, 3300, 3600],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    app: "sap",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[router, dispatcher];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn router(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.zeros(2)?;
    require(cursor.u16()? >= 7)?;
    cursor.any_literal(&[b"NI_ROUTE\0", b"NI_PING\0", b"NI_PONG\0", b"NI_RTERR\0"])?;
    Ok((100, "SAP router message"))
}

/// The dispatcher's header of 200 bytes before the GUI's first message: request id -1, return code 10.
fn dispatcher(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.zeros(2)?;
    require(cursor.u16()? >= 200)?;
    cursor.literal(b"\xff\xff\xff\xff\x0a\0\0\0\0\0\0")?;
    Ok((100, "SAP DIAG initialisation"))
}

const EXAMPLES: &[Example] = &[
    client("route", b"\0\0\0\x2eNI_ROUTE\0\x02\x27\x02\0\0\0\0\x16\0\0\0\x0bsapr\x003299\0\0host\x003200\0\0"),
    server("pong", b"\0\0\0\x08NI_PONG\0"),
    client(
        "GUI",
        b"\0\0\x01\x06\xff\xff\xff\xff\x0a\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x3e\0\0\0",
    ),
];
