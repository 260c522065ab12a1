//! Aerospike's wire protocol (Aerospike, "Wire protocol"): version 2, type, size in six bytes, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Aerospike.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "aerospike",
    name: "Aerospike",
    selector: 627,
    category: "database",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[3000, 3001],
    first_bytes: FirstBytes::Of(&[2]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[information, message];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Names of what is asked, a line each.
fn information(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x02\x01\0\0\0")?;
    require(cursor.u24()? >= 2)?;
    let text = cursor.text(3)?;
    require(text.iter().all(u8::is_ascii_lowercase))?;
    Ok((80, "Aerospike information"))
}

/// A message's own header has 22 bytes.
fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x02\x03\0\0\0")?;
    require(cursor.u24()? >= 22)?;
    cursor.literal(b"\x16")?;
    cursor.take(4)?;
    cursor.within(0, 0x7f)?;
    Ok((85, "Aerospike message"))
}

const EXAMPLES: &[Example] = &[
    client("information", b"\x02\x01\0\0\0\0\0\x0enode\nfeatures\n"),
    client("read", b"\x02\x03\0\0\0\0\0\x2c\x16\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0"),
];
