//! Allen-Bradley's PCCC over TCP before EtherNet/IP (AB/Ethernet, "CSP", publicly described): the registration and its answer, 28 bytes
//! each, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// AB/Ethernet.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ab-ethernet",
    name: "AB/Ethernet",
    selector: 1746,
    category: "industrial",
    transports: &[Transport::Tcp],
    ports: &[2222],
    first_bytes: FirstBytes::Of(b"\x01\x02"),
    max_probe_size: 28,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[request, answer];

fn request(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x01\x01\0\0\0\0\0\0\0\0\0\0")?;
    cursor.literal(b"\0\x04\0\x05")?;
    cursor.zeros(12)?;
    Ok((90, "registration"))
}

fn answer(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x02\x01\0\0")?;
    require(cursor.u32()? != 0)?;
    cursor.zeros(4)?;
    cursor.literal(b"\0\x04\0\x05")?;
    cursor.zeros(12)?;
    Ok((90, "registered"))
}

const EXAMPLES: &[Example] = &[
    client("registration", b"\x01\x01\0\0\0\0\0\0\0\0\0\0\0\x04\0\x05\0\0\0\0\0\0\0\0\0\0\0\0"),
    server("registered", b"\x02\x01\0\0\x12\x34\x56\x78\0\0\0\0\0\x04\0\x05\0\0\0\0\0\0\0\0\0\0\0\0"),
];
