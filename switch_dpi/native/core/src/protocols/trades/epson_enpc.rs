//! ENPC, the search for Epson's printers, as publicly described: mark, kind, command and size, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Epson ENPC.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "epson-enpc",
    name: "Epson ENPC",
    selector: 1763,
    category: "business",
    transports: &[Transport::Udp],
    ports: &[3289],
    first_bytes: FirstBytes::Of(b"E"),
    max_probe_size: 14,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"EPSON")?;
    cursor.one_of(b"PQpq")?;
    cursor.take(4)?;
    cursor.take(2)?; // result
    require(usize::from(cursor.u16()?) == cursor.rest().len())?;
    Ok((95, "ENPC message"))
}

const EXAMPLES: &[Example] =
    &[query("search", b"EPSONQ\x03\0\0\0\0\0\0\0"), reply("found", b"EPSONq\x03\0\0\0\0\0\0\x02ok")];
