//! OpenTSDB (its "Put (Telnet)"): metric, time, value and tags in a line.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// OpenTSDB.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "opentsdb",
    name: "OpenTSDB",
    selector: 1761,
    category: "monitoring",
    transports: &[Transport::Tcp],
    ports: &[4242],
    first_bytes: FirstBytes::Of(b"p"),
    max_probe_size: 128,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[put];

fn put(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"put ")?;
    let line = cursor.line(256)?;
    let mut words = line.split(|byte| *byte == b' ');
    let (metric, time, value) = (words.next(), words.next(), words.next());
    let tag = words.next();
    require(metric.is_some_and(|word| word.iter().any(u8::is_ascii_alphabetic)))?;
    require(time.is_some_and(|word| (10..=13).contains(&word.len()) && word.iter().all(u8::is_ascii_digit)))?;
    require(value.is_some_and(|word| word.iter().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte))))?;
    require(tag.is_some_and(|word| word.contains(&b'=')))?;
    Ok((95, "OpenTSDB put"))
}

const EXAMPLES: &[Example] = &[
    client("a value", b"put sys.cpu.user 1356998400 42.5 host=webserver01 cpu=0\n"),
    client("in milliseconds", b"put a.b 1356998400123 1 host=x\n"),
];
