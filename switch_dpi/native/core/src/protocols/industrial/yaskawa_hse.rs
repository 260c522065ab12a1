//! High-speed Ethernet server of Yaskawa's robots (its manual, "UDP data format"): mark, sizes of header and data, little-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Yaskawa HSE.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "yaskawa-hse",
    name: "Yaskawa HSE",
    selector: 1748,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Udp],
    ports: &[10040, 10041],
    first_bytes: FirstBytes::Of(b"Y"),
    max_probe_size: 32,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"YERC\x20\0")?;
    let size = usize::from(cursor.u16_le()?);
    require(cursor.size() == 32 + size)?;
    Ok((100, "HSE header"))
}

const EXAMPLES: &[Example] = &[
    query("status", b"YERC\x20\0\0\0\x03\x01\0\x01\0\0\0\x0099999999\x72\0\x01\0\0\x01\0\0"),
    reply("answer", b"YERC\x20\0\x04\0\x03\x01\x01\x01\0\0\0\x8099999999\x81\0\0\0\0\0\0\0\x01\0\0\0"),
];
