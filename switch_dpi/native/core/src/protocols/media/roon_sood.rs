//! Roon's discovery over UDP (SOOD, as Roon Labs' `node-roon-api` implements it): a mark, version, query or answer, and properties
//! behind their sizes.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

const MARK: &[u8] = b"SOOD\x02";

/// Roon.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "roon-sood",
    name: "Roon discovery",
    selector: 1865,
    category: "music",
    transports: &[Transport::Udp],
    ports: &[9003],
    first_bytes: FirstBytes::Of(b"S"),
    probe: |sample| any_form(sample, FORMS),
    app: "roon",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(MARK)?;
    cursor.one_of(b"QRX")?;
    let size = usize::from(cursor.u8()?);
    require(size > 0)?;
    cursor.text(size)?;
    Ok((100, "SOOD message"))
}

const EXAMPLES: &[Example] = &[
    query("query", b"SOOD\x02Q\x10query_service_id\0\x2400720724-5143-4a9b-abac-0e50cba674bb"),
    reply("answer", b"SOOD\x02R\x04name\0\x04Home\x09http_port\0\x049330"),
];
