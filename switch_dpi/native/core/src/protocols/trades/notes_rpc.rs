//! Notes Remote Procedure Calls of HCL (Lotus) Notes and Domino. No specification is public; the opening request is what every
//! client sends and scanners ask with.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};

/// LotusNotes.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "notes-rpc",
    name: "LotusNotes",
    selector: 612,
    category: "business",
    risk: Some(40),
    transports: &[Transport::Tcp],
    ports: &[1352],
    max_probe_size: 16,
    probe,
    app: "lotus-notes",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[opening];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Two sizes, little-endian, the second smaller; then the constant that opens a session.
fn opening(cursor: &mut Cursor<'_>) -> Recognised {
    let outer = cursor.u16_le()?;
    cursor.zeros(2)?;
    let inner = cursor.u16_le()?;
    require(inner < outer)?;
    cursor.literal(b"\0\0\x02\0\0\x40\x02\x0f")?;
    Ok((100, "NRPC opening"))
}

const EXAMPLES: &[Example] = &[

    client(
        "opening",
        b"\x3a\0\0\0\x2f\0\0\0\x02\0\0\x40\x02\x0f\0\x01\0\x3d\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x2f\0\0\0\0\0\0\0\0\0\x40\x1f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ),
    client("opening of another size", b"\x52\0\0\0\x47\0\0\0\x02\0\0\x40\x02\x0f\x07\0\x39\0\x05\x9f\0\0\0\0"),
];
