//! distcc (its "protocol-1.txt"): four letters and eight hexadecimal digits, time after time.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// distcc.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "distcc",
    name: "distcc",
    selector: 1707,
    category: "developer",
    risk: Some(80),
    transports: &[Transport::Tcp],
    ports: &[3632],
    first_bytes: FirstBytes::Of(b"D"),
    max_probe_size: 24,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[token];

fn token(cursor: &mut Cursor<'_>) -> Recognised {
    let is_request = cursor.any_literal(&[b"DIST", b"DONE"])? == 0;
    cursor.literal(b"0000000")?;
    cursor.within(b'1', b'9')?;
    cursor.literal(if is_request { b"ARGC" } else { b"STAT" })?;
    Ok((100, "distcc tokens"))
}

const EXAMPLES: &[Example] = &[
    client("request", b"DIST00000001ARGC00000004ARGV00000003gcc"),
    server("result", b"DONE00000001STAT00000000SERR00000000"),
];
