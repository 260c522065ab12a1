//! ESPHome's native interface (its "api.proto"): a zero, size and type as varints, then Protocol Buffers: the exchange of hellos.

use crate::probing::checker::{Checker, Form, Recognised, any_form, client, require, server};
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

fn hello(checker: &mut Checker<'_>) -> Recognised {
    checker.literal(b"\0")?;
    let size = checker.within(8, 127)?;
    checker.literal(b"\x01\x0a")?; // HelloRequest, field 1
    let name = checker.within(3, 80)?;
    require(name < size)?;
    checker.text(usize::from(name))?;
    checker.literal(b"\x10\x01\x18")?; // version 1
    Ok((95, "ESPHome hello"))
}

fn answer(checker: &mut Checker<'_>) -> Recognised {
    checker.literal(b"\0")?;
    let size = usize::from(checker.within(8, 127)?);
    checker.literal(b"\x02\x08\x01\x10")?; // HelloResponse, version 1
    checker.within(0, 60)?;
    checker.literal(b"\x1a")?;
    let server = usize::from(checker.u8()?);
    require(server < size)?;
    checker.text(server)?;
    Ok((90, "ESPHome hello"))
}

const EXAMPLES: &[Example] = &[
    client("hello", b"\0\x14\x01\x0a\x0eHome Assistant\x10\x01\x18\x0a"),
    server("hello", b"\0\x0e\x02\x08\x01\x10\x0a\x1a\x08node (x)"),
];
