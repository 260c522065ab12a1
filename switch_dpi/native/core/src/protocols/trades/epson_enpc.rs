//! ENPC, the search for Epson's printers, as publicly described: mark, kind, command and size, big-endian.

use crate::probing::checker::{Checker, Form, Recognised, any_form, query, reply, require};
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

fn message(checker: &mut Checker<'_>) -> Recognised {
    checker.literal(b"EPSON")?;
    checker.one_of(b"PQpq")?;
    checker.take(4)?;
    checker.take(2)?; // result
    require(usize::from(checker.u16()?) == checker.rest().len())?;
    Ok((95, "ENPC message"))
}

const EXAMPLES: &[Example] = &[
    query("search", b"EPSONQ\x03\0\0\0\0\0\0\0"),
    reply("found", b"EPSONq\x03\0\0\0\0\0\0\x02ok"),
];
