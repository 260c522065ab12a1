//! Gearman (Gearman, "Protocol"): a magic, a type and a size, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Gearman.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "gearman",
    name: "Gearman",
    selector: 631,
    category: "developer",
    transports: &[Transport::Tcp],
    ports: &[4730],
    first_bytes: FirstBytes::Of(b"\0O"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[packet, admin];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn packet(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(&[b"\0REQ", b"\0RES"])?;
    require((1..=43).contains(&cursor.u32()?))?;
    Ok((100, "Gearman packet"))
}

/// Answers of the administrative protocol are tables; the commands say too little.
fn admin(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"OK ")?;
    packet(&mut cursor.of_peer())?;
    Ok((90, "Gearman status"))
}

const EXAMPLES: &[Example] = &[
    client("job", b"\0REQ\0\0\0\x07\0\0\0\x0creverse\0\0test"),
    server("job created", b"\0RES\0\0\0\x08\0\0\0\x07H:lap:1"),
];
