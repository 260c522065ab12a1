//! X-Plane (its "Exchanging data with X-Plane"): four letters, one more byte, then a structure of fixed size.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// X-Plane.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "x-plane-udp",
    name: "X-Plane",
    selector: 1738,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[49000, 49001, 49707],
    first_bytes: FirstBytes::Of(b"DRCB"),
    max_probe_size: 16,
    probe: |sample| any_form(sample, FORMS),
    app: "x-plane",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    let which = cursor.any_literal(&[b"DATA", b"DREF", b"RREF", b"CMND\0", b"BECN\0"])?;
    let size = cursor.size();
    let fits = match which {
        0 => cursor.one_of(b"\0<*@")? != 1 && size > 5 && (size - 5).is_multiple_of(36),
        1 => cursor.one_of(b"\0+")? != 1 && size == 509,
        2 => (cursor.one_of(b"\0,")? == 0 && size == 413) || (size > 5 && (size - 5).is_multiple_of(8)),
        3 => size > 12 && cursor.text(6).is_ok(),
        _ => cursor.literal(b"\x01").is_ok() && size >= 21,
    };
    require(fits)?;
    Ok((90, "X-Plane message"))
}

const EXAMPLES: &[Example] = &[
    query("a command", b"CMND\0sim/operation/pause_toggle\0"),
    reply("a value", b"RREF,\x01\0\0\0\0\0\x80\x3f"),
    reply("a row of data", b"DATA*\x03\0\0\0AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHH"),
];
