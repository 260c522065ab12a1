//! Java object serialization (Java Object Serialization specification §6.4) sent bare over a connection.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Java serialization.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "java-serialization",
    name: "Java serialization",
    selector: 606,
    category: "developer",
    risk: Some(80),
    transports: &[Transport::Tcp],
    first_bytes: FirstBytes::Of(&[0xac]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[stream];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Magic, version 5, the type of the first content.
fn stream(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\xac\xed\0\x05")?;
    cursor.within(0x70, 0x7e)?;
    Ok((85, "Java object stream"))
}

const EXAMPLES: &[Example] = &[
    client("object", b"\xac\xed\0\x05sr\0\x11java.util.HashMap"),
    server("block of data", b"\xac\xed\0\x05\x77\x04abcd"),
];
