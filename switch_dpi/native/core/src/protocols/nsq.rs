//! NSQ (its "TCP protocol spec"): two spaces and the version, then commands.

use crate::checker::{Checker, Form, Recognised, any_form, client};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// NSQ.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "nsq",
    name: "NSQ",
    selector: 1716,
    category: "developer",
    transports: &[Transport::Tcp],
    ports: &[4150],
    first_bytes: FirstBytes::Of(b" "),
    max_probe_size: 24,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[commands];

fn commands(checker: &mut Checker<'_>) -> Recognised {
    checker.literal(b"  V2")?;
    checker.any_literal(&[b"IDENTIFY\n", b"SUB ", b"PUB ", b"MPUB ", b"AUTH\n", b"NOP\n", b"REGISTER "])?;
    Ok((100, "NSQ version and command"))
}

const EXAMPLES: &[Example] = &[
    client("identification", b"  V2IDENTIFY\n\0\0\0\x02{}"),
    client("subscription", b"  V2SUB topic channel\n"),
];
