//! Lustre's LNet over TCP (Lustre, "LNet socklnd": connection acceptor and hello), in the sender's byte order.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Lustre.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "lustre",
    name: "Lustre",
    selector: 581,
    category: "file-transfer",
    transports: &[Transport::Tcp],
    ports: &[988],
    first_bytes: FirstBytes::Of(&[0x00, 0xac, 0xed, 0xee]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[request];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Magic ACCE7100 with version 1, or EEBC0DED with its versions.
fn request(cursor: &mut Cursor<'_>) -> Recognised {
    const MAGIC: &[&[u8]] =
        &[b"\0\x71\xce\xac\x01\0\0\0", b"\xac\xce\x71\0\0\0\0\x01", b"\xed\x0d\xbc\xee", b"\xee\xbc\x0d\xed"];
    let which = cursor.any_literal(MAGIC)?;
    Ok((if which < 2 { 100 } else { 85 }, "LNet connection request"))
}

const EXAMPLES: &[Example] = &[
    client("acceptor", b"\0\x71\xce\xac\x01\0\0\0\x02\x02\x00\xc0\0\0\x02\0"),
    server("hello", b"\xed\x0d\xbc\xee\x01\0\x01\0\x01\x02\0\xc0\0\0\x02\0"),
];
