//! SDDP, Control4's "Simple Device Discovery Protocol": messages in the way of HTTP, to a group and back.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// SDDP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sddp",
    name: "SDDP",
    selector: 1869,
    category: "iot",
    transports: &[Transport::Udp],
    ports: &[1902],
    first_bytes: FirstBytes::Of(b"SN"),
    probe: |sample| any_form(sample, FORMS),
    app: "control4",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(&[
        b"SEARCH * SDDP/1.",
        b"NOTIFY ALIVE SDDP/1.",
        b"NOTIFY IDENTIFY SDDP/1.",
        b"NOTIFY OFFLINE SDDP/1.",
        b"SDDP/1.",
    ])?;
    Ok((100, "SDDP message"))
}

const EXAMPLES: &[Example] = &[
    query("search", b"SEARCH * SDDP/1.0\r\nHost: 239.255.255.250:1902\r\n\r\n"),
    reply("answer", b"SDDP/1.0 200 OK\r\nHost: \"receiver\"\r\nMax-Age: 1800\r\n\r\n"),
];
