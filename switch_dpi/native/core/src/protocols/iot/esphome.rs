//! ESPHome's native interface (its "api.proto"): a zero, size and type as varints, then Protocol Buffers: the exchange of hellos.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// ESPHome.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "esphome-api",
    name: "ESPHome",
    selector: 1723,
    category: "iot",
    transports: &[Transport::Tcp],
    ports: &[6053],
    first_bytes: FirstBytes::Of(b"\0"),
    max_probe_size: 64,
    probe: |sample| any_form(sample, FORMS),
    app: "esphome",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[hello, answer];

fn hello(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0")?;
    let size = cursor.within(8, 127)?;
    cursor.literal(b"\x01\x0a")?; // HelloRequest, field 1
    let name = cursor.within(3, 80)?;
    require(name < size)?;
    cursor.text(usize::from(name))?;
    cursor.literal(b"\x10\x01\x18")?; // version 1
    Ok((95, "ESPHome hello"))
}

fn answer(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0")?;
    let size = usize::from(cursor.within(8, 127)?);
    cursor.literal(b"\x02\x08\x01\x10")?; // HelloResponse, version 1
    cursor.within(0, 60)?;
    cursor.literal(b"\x1a")?;
    let server = usize::from(cursor.u8()?);
    require(server < size)?;
    cursor.text(server)?;
    Ok((90, "ESPHome hello"))
}

const EXAMPLES: &[Example] = &[
    client("hello", b"\0\x14\x01\x0a\x0eHome Assistant\x10\x01\x18\x0a"),
    server("hello", b"\0\x0e\x02\x08\x01\x10\x0a\x1a\x08node (x)"),
];
