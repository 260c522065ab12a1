//! beanstalkd (its "protocol.txt"): commands and answers in lines that no other queue has.

use crate::checker::{Checker, Form, Recognised, any_form, client, require, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// beanstalkd.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "beanstalkd",
    name: "beanstalkd",
    selector: 1717,
    category: "developer",
    transports: &[Transport::Tcp],
    ports: &[11300],
    first_bytes: FirstBytes::Of(b"purwIRUW"),
    max_probe_size: 64,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[put, other];

fn put(checker: &mut Checker<'_>) -> Recognised {
    checker.literal(b"put ")?;
    let line = checker.line(48)?;
    let words = line.split(|byte| *byte == b' ');
    require(words.clone().count() == 4 && words.clone().all(|word| !word.is_empty() && word.iter().all(u8::is_ascii_digit)))?;
    Ok((85, "beanstalkd put"))
}

fn other(checker: &mut Checker<'_>) -> Recognised {
    let which = checker.any_literal(&[b"reserve-with-timeout ", b"INSERTED ", b"RESERVED ", b"WATCHING "])?;
    let line = checker.line(32)?;
    require(!line.is_empty() && line.iter().all(|byte| byte.is_ascii_digit() || which == 2 && *byte == b' '))?;
    Ok((85, "beanstalkd line"))
}

const EXAMPLES: &[Example] = &[
    client("a job", b"put 0 0 60 5\r\nhello\r\n"),
    server("its number", b"INSERTED 12\r\n"),
    client("work wanted", b"reserve-with-timeout 5\r\n"),
];
