//! SANE, scanners over the network (its standard, §5.2): the opening with version and user, big-endian.

use crate::probing::checker::{Checker, Form, Recognised, any_form, client, require};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// SANE.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sane",
    name: "SANE",
    selector: 1762,
    category: "business",
    transports: &[Transport::Tcp],
    ports: &[6566],
    first_bytes: FirstBytes::Of(b"\0"),
    max_probe_size: 24,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[open];

fn open(checker: &mut Checker<'_>) -> Recognised {
    checker.literal(b"\0\0\0\0\x01\0\0")?;
    checker.within(1, 9)?; // build of the protocol
    let size = checker.u32()?;
    require(size < 256)?;
    Ok((90, "SANE opening"))
}

const EXAMPLES: &[Example] = &[
    client("opening", b"\0\0\0\0\x01\0\0\x03\0\0\0\x04ann\0"),
    client("nobody", b"\0\0\0\0\x01\0\0\x03\0\0\0\x01\0"),
];
