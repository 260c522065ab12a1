//! OMAPI, the control of ISC's DHCP server (omapi(3), "protocol.c" by description): both ends tell version 100 and a header of 24 bytes.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// OMAPI.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "omapi",
    name: "OMAPI",
    selector: 1709,
    category: "network",
    transports: &[Transport::Tcp],
    ports: &[7911],
    first_bytes: FirstBytes::Of(b"\0"),
    max_probe_size: 16,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[start];

fn start(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0\0\0\x64\0\0\0\x18")?;
    Ok((95, "OMAPI start"))
}

const EXAMPLES: &[Example] =
    &[client("start", b"\0\0\0\x64\0\0\0\x18"), server("start", b"\0\0\0\x64\0\0\0\x18\0\0\0\0")];
