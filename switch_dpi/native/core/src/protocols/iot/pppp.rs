//! PPPP, the peer-to-peer transport of CS2 Network in cameras, as publicly described: 0xf1, type and size, big-endian; the punched path
//! carries the identifier of the device.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// PPPP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "pppp",
    name: "PPPP",
    selector: 1764,
    category: "iot",
    risk: Some(80),
    transports: &[Transport::Udp],
    ports: &[32100, 32108],
    first_bytes: FirstBytes::Of(b"\xf1"),
    max_probe_size: 32,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[device, search];

fn device(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\xf1")?;
    cursor.one_of(&[0x41, 0x42, 0x20, 0x12])?;
    let size = usize::from(cursor.u16()?);
    require(size == cursor.rest().len() && size >= 20)?;
    let prefix: [u8; 8] = cursor.array()?;
    let letters = prefix.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    require((3..8).contains(&letters) && prefix.iter().skip(letters).all(|byte| *byte == 0))?;
    cursor.u32()?; // number
    cursor.all(5, |byte| byte.is_ascii_uppercase())?;
    Ok((95, "PPPP device"))
}

fn search(cursor: &mut Cursor<'_>) -> Recognised {
    require(cursor.sample.is_at_port(&[32_108]) || cursor.sample.is_at_port(&[32_100]))?;
    cursor.literal(b"\xf1")?;
    cursor.one_of(&[0x30, 0x00, 0xe0, 0xe1])?;
    cursor.literal(b"\0\0")?;
    require(cursor.rest().is_empty())?;
    Ok((59, "PPPP search"))
}

const EXAMPLES: &[Example] = &[
    query("the path is opened", b"\xf1\x41\0\x14ABCD\0\0\0\0\0\x01\x23\x45FGHIJ\0\0\0"),
    reply("ready", b"\xf1\x42\0\x14ABCDEF\0\0\0\x01\x23\x45FGHIJ\0\0\0"),
];
