//! Ethernet Global Data of GE's controllers (GFK-1541, "Ethernet Global Data"): a header of 32 bytes, little-endian, then the data.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// EGD.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "egd",
    name: "EGD",
    selector: 1744,
    category: "industrial",
    transports: &[Transport::Udp],
    ports: &[18246],
    first_bytes: FirstBytes::Of(b"\x0d"),
    max_probe_size: 32,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[data];

fn data(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x0d\x01")?; // data, version 1
    cursor.u16()?; // request
    let producer: [u8; 4] = cursor.array()?;
    let exchange = cursor.u32_le()?;
    cursor.u32_le()?; // seconds
    let nanoseconds = cursor.u32_le()?;
    let status = cursor.u32_le()?;
    cursor.u32_le()?; // signature of the configuration
    cursor.zeros(4)?;
    require(producer != [0; 4] && exchange < 0x1_0000 && nanoseconds < 1_000_000_000 && status < 0x1_0000)?;
    require(cursor.rest().len() <= 1400)?;
    Ok((90, "EGD data"))
}

const EXAMPLES: &[Example] = &[
    query(
        "a word",
        b"\x0d\x01\x07\0\xc0\0\x02\x09\x01\0\0\0\x22\x33\x91\x65\0\x10\0\0\x01\0\0\0\0\x01\0\0\0\0\0\0\x12\x34",
    ),
    query("nothing yet", b"\x0d\x01\x08\0\xc0\0\x02\x09\x02\0\0\0\x22\x33\x91\x65\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
];
