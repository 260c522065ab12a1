//! Apache Dubbo (Apache Dubbo, "Dubbo Protocol Specification"): a header of sixteen bytes, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Dubbo.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dubbo",
    name: "Dubbo",
    selector: 641,
    category: "developer",
    risk: Some(40),
    transports: &[Transport::Tcp],
    ports: &[20880],
    first_bytes: FirstBytes::Of(&[0xda]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[header];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Magic, flags (request, two-way, event, serialization), status, id, size.
fn header(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\xda\xbb")?;
    let flags = cursor.u8()?;
    let status = cursor.u8()?;
    let is_request = flags & 0x80 != 0;
    require(matches!(flags & 0x1f, 2..=22))?;
    require(if is_request { status == 0 } else { status >= 20 && status % 10 == 0 && status <= 100 })?;
    cursor.zeros(2)?;
    cursor.take(6)?;
    cursor.literal(b"\0")?;
    require(cursor.u24()? > 0)?;
    Ok((80, "Dubbo header"))
}

const EXAMPLES: &[Example] = &[
    client("call", b"\xda\xbb\xc2\0\0\0\0\0\0\0\0\x01\0\0\0\x08\x052.0.2\x30\x30"),
    server("answer", b"\xda\xbb\x02\x14\0\0\0\0\0\0\0\x01\0\0\0\x03\x91\x01\x41"),
];
