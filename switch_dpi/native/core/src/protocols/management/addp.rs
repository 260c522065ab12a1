//! Advanced Device Discovery Protocol of Digi, as publicly described: mark, type and size, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// ADDP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "addp",
    name: "ADDP",
    selector: 1747,
    category: "network",
    transports: &[Transport::Udp],
    ports: &[2362],
    first_bytes: FirstBytes::Of(b"D"),
    max_probe_size: 16,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(&[b"DIGI", b"DVKT", b"DGDP"])?;
    require((1..=16).contains(&cursor.u16()?))?;
    require(usize::from(cursor.u16()?) == cursor.rest().len())?;
    Ok((95, "ADDP message"))
}

const EXAMPLES: &[Example] = &[
    query("search", b"DIGI\0\x01\0\x06\xff\xff\xff\xff\xff\xff"),
    reply("found", b"DIGI\0\x02\0\x08\x01\x06\0\x40\x9d\x12\x34\x56"),
];
