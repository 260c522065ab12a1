//! Distributed Interactive Simulation (IEEE 1278.1 §6.2.66): a header of twelve bytes, big-endian; the type has its family.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// DIS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dis",
    name: "DIS",
    selector: 1712,
    category: "industrial",
    transports: &[Transport::Udp],
    ports: &[3000, 3001],
    first_bytes: FirstBytes::Where(|byte| (4..=7).contains(&byte)),
    max_probe_size: 16,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[header];

fn header(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.within(4, 7)?;
    cursor.u8()?; // exercise
    let (kind, family) = (cursor.u8()?, cursor.u8()?);
    cursor.u32()?; // time
    let size = usize::from(cursor.u16()?);
    cursor.u8()?; // status, since version 7
    require(cursor.u8()? == 0 && size == cursor.size() && size >= 28)?;
    let wanted = match kind {
        1 | 4 | 67 | 72 => 1,   // state of an entity
        2 | 3 | 68 | 69 => 2,   // fire
        5..=10 => 3,            // supplies
        11..=22 => 5,           // management
        23 | 24 | 28 => 6,      // emission
        25..=27 | 31 | 32 => 4, // radio
        29 | 30 | 40 => 6,
        41..=44 => 9,
        _ => 0,
    };
    require(family == wanted)?;
    Ok((75, "DIS header"))
}

const EXAMPLES: &[Example] = &[
    query("stop", b"\x06\x01\x0e\x05\x12\x34\x56\x78\0\x28\0\0\0\x01\0\x02\0\x03\0\x01\0\x02\0\x04\0\0\0\x05\0\0\0\x06\x01\0\0\0\0\0\0\x07"),
    query("a radio is silent", b"\x07\x01\x1b\x04\x12\x34\x56\x78\0\x1c\x08\0\0\x01\0\x02\0\x03\0\x01\0\x01\0\x01\0\0\0\0"),
];
