//! Open Sound Control (specification 1.0): an address and the types of arguments, or a bundle of messages, padded to four bytes.

use crate::checker::{Checker, Form, Recognised, any_form, query, reply, require};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Open Sound Control.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "osc",
    name: "Open Sound Control",
    selector: 1720,
    category: "streaming-protocol",
    transports: &[Transport::Udp],
    ports: &[8000, 9000, 57110, 57120],
    first_bytes: FirstBytes::Of(b"#/"),
    max_probe_size: 64,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[bundle, message];

fn bundle(checker: &mut Checker<'_>) -> Recognised {
    checker.literal(b"#bundle\0")?;
    checker.u64()?; // time
    require(checker.sample.data.len().is_multiple_of(4))?;
    Ok((95, "OSC bundle"))
}

fn message(checker: &mut Checker<'_>) -> Recognised {
    require(checker.sample.data.starts_with(b"/") && checker.sample.data.len().is_multiple_of(4))?;
    let address = checker.text_until(0, 255)?;
    checker.zeros((4 - (address.len() + 1) % 4) % 4)?;
    checker.literal(b",")?;
    let types = checker.text_until(0, 64)?;
    checker.zeros((4 - (types.len() + 2) % 4) % 4)?;
    require(types.iter().all(|byte| b"ifsbhtdScrmTFNI[]".contains(byte)))?;
    let sizes: usize = types.iter().map(|byte| if b"ifcrm".contains(byte) { 4 } else if b"htd".contains(byte) { 8 } else { 0 }).sum();
    let has_texts = types.iter().any(|byte| b"sbS".contains(byte));
    require(checker.rest().len() == sizes || has_texts && checker.rest().len() > sizes)?;
    Ok((85, "OSC message"))
}

const EXAMPLES: &[Example] = &[
    query("a fader", b"/mixer/1/fader\0\0,f\0\0\x3f\0\0\0"),
    reply("a bundle", b"#bundle\0\0\0\0\0\0\0\0\x01\0\0\0\x08/a\0\0,\0\0\0"),
];
