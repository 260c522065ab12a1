//! OpenWire, ActiveMQ's protocol (Apache ActiveMQ, "OpenWire Version 2 Specification"): each end begins with WIREFORMAT_INFO.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// OpenWire.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "openwire",
    name: "OpenWire",
    selector: 608,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[61616],
    first_bytes: FirstBytes::Of(&[0, 1]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[with_size, without_size];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn with_size(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.zeros(2)?;
    cursor.take(2)?;
    without_size(cursor)
}

/// Type 1, then the magic.
fn without_size(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x01ActiveMQ")?;
    Ok((100, "OpenWire format"))
}

const EXAMPLES: &[Example] = &[
    client("format", b"\0\0\0\x2c\x01ActiveMQ\0\0\0\x0c\x01\0\0\0\x1a\0\0\0\x01\0\x0cCacheEnabled\x01\x01"),
    server("format, size prefix off", b"\x01ActiveMQ\0\0\0\x0c\0"),
];
