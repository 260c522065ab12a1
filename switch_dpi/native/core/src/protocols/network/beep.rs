//! BEEP (RFC 3080 §2.3.1.1, RFC 3081): both ends begin with a greeting on channel 0.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// BEEP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "beep",
    name: "BEEP",
    selector: 1706,
    category: "network",
    transports: &[Transport::Tcp],
    ports: &[601, 602, 603, 604, 605, 10288],
    first_bytes: FirstBytes::Of(b"RE"),
    max_probe_size: 64,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[greeting];

fn greeting(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(&[b"RPY 0 0 . 0 ", b"ERR 0 0 . 0 "])?;
    let size = cursor.line(10)?;
    require(!size.is_empty() && size.iter().all(u8::is_ascii_digit))?;
    Ok((100, "BEEP greeting"))
}

const EXAMPLES: &[Example] = &[
    client("greeting", b"RPY 0 0 . 0 52\r\nContent-Type: application/beep+xml\r\n\r\n<greeting />\r\nEND\r\n"),
    server("refusal", b"ERR 0 0 . 0 60\r\nContent-Type: application/beep+xml\r\n\r\n"),
];
