//! T3, Oracle WebLogic's protocol (Oracle, "T3 protocol"; known from traffic): lines of a version and of sizes.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// WebLogic T3.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "weblogic-t3",
    name: "WebLogic T3",
    selector: 642,
    category: "developer",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[7001],
    first_bytes: FirstBytes::Of(b"tH"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[greeting];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn greeting(cursor: &mut Cursor<'_>) -> Recognised {
    let which = cursor.any_literal(&[b"t3 ", b"t3s ", b"HELO:"])?;
    let version = cursor.line(64)?;
    require(version.first().is_some_and(u8::is_ascii_digit) && version.contains(&b'.'))?;
    if which < 2 {
        cursor.any_literal(&[b"AS:", b"HL:", b"MS:", b"PU:"])?;
    } else {
        cursor.any_literal(&[b"AS:", b"HL:"])?;
    }
    Ok((100, "T3 greeting"))
}

const EXAMPLES: &[Example] = &[
    client("greeting", b"t3 12.2.1\nAS:255\nHL:19\nMS:10000000\n\n"),
    server("greeting", b"HELO:12.2.1.3.0.false\nAS:2048\nHL:19\n\n"),
];
