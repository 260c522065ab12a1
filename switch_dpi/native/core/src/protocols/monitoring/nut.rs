//! Network UPS Tools (its developer guide, "Network protocol information", RFC 9271 §4): commands and answers in lines.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Network UPS Tools.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "nut",
    name: "Network UPS Tools",
    selector: 1714,
    category: "monitoring",
    risk: Some(20),
    transports: &[Transport::Tcp],
    ports: &[3493],
    first_bytes: FirstBytes::Of(b"LGBVUS"),
    max_probe_size: 128,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[command, answer];

fn command(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(&[b"LIST UPS", b"LIST VAR ", b"LIST CLIENT ", b"GET VAR ", b"GET UPSDESC ", b"SET VAR "])?;
    cursor.line(80)?;
    Ok((85, "NUT command"))
}

fn answer(cursor: &mut Cursor<'_>) -> Recognised {
    let which = cursor.any_literal(&[b"BEGIN LIST UPS", b"BEGIN LIST VAR ", b"VAR ", b"UPSDESC "])?;
    let line = cursor.line(100)?;
    require(which < 2 || line.ends_with(b"\"") && line.iter().filter(|byte| **byte == b'"').count() >= 2)?;
    Ok((85, "NUT answer"))
}

const EXAMPLES: &[Example] = &[
    client("all supplies", b"LIST UPS\n"),
    server("a value", b"VAR ups1 battery.charge \"100\"\n"),
    server("list", b"BEGIN LIST VAR ups1\nVAR ups1 ups.status \"OL\"\n"),
];
