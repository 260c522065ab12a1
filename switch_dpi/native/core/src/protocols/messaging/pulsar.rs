//! Apache Pulsar's binary protocol (Pulsar, "Pulsar binary protocol specification"): total size, command's size, a Protocol Buffers command.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Apache Pulsar.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "pulsar",
    name: "Apache Pulsar",
    selector: 624,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[6650],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[command];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// A simple command fills its frame; its first field is its type, its second the field that this type names.
fn command(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0")?;
    let total = cursor.u24()?;
    cursor.literal(b"\0")?;
    let size = cursor.u24()?;
    require(size >= 4 && total == size + 4)?;
    cursor.literal(b"\x08")?;
    let kind = cursor.within(2, 64)?;
    // tag of field `kind`, of the sort that has a size
    if kind < 16 {
        cursor.literal(&[kind << 3 | 2])?;
    } else {
        cursor.literal(&[(kind << 3 | 2) | 0x80, kind >> 4])?;
    }
    Ok((85, "Pulsar command"))
}

const EXAMPLES: &[Example] = &[
    client("connect", b"\0\0\0\x13\0\0\0\x0f\x08\x02\x12\x0b\x0a\x05\x33.0.0\x20\x14\x2a\0"),
    server("connected", b"\0\0\0\x1b\0\0\0\x17\x08\x03\x1a\x13\x0a\x0dPulsar Server\x10\x14\x18\x01"),
    client("ping", b"\0\0\0\x09\0\0\0\x05\x08\x12\x92\x01\0"),
];
