//! WINS replication ([MS-WINSRA] §2.2.1), big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// WINS replication.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "wins-replication",
    name: "WINS replication",
    selector: 633,
    category: "network",
    transports: &[Transport::Tcp],
    ports: &[42],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Size, operation 7800 (its other bits are reserved), association, type, and the versions of a start.
fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.zeros(2)?;
    require(cursor.u16()? >= 12)?;
    cursor.literal(b"\0\0\x78\0")?;
    cursor.u32()?;
    cursor.zeros(3)?;
    cursor.within(0, 3)?;
    Ok((95, "WINS replication message"))
}

const EXAMPLES: &[Example] = &[
    client("start", b"\0\0\0\x29\0\0\x78\0\0\0\0\0\0\0\0\0\0\0\0\x40\0\x02\0\x05\0\0\0\0"),
    server("started", b"\0\0\0\x29\0\0\x78\0\0\0\0\x40\0\0\0\x01\0\0\0\x05\0\x02\0\x05\0\0\0\0"),
];
