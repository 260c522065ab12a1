//! Perforce: messages of named values (the form is known from traffic; Perforce publishes no specification): a checksum, a
//! size, then name, zero, size, value, zero, little-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};

/// Perforce.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "perforce",
    name: "Perforce",
    selector: 575,
    category: "developer",
    risk: Some(40),
    transports: &[Transport::Tcp],
    ports: &[1666],
    max_probe_size: 256,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// The first byte is the exclusive or of the four bytes of the size.
fn message(cursor: &mut Cursor<'_>) -> Recognised {
    let checksum = cursor.u8()?;
    let size = cursor.array::<4>()?;
    require(size.iter().fold(0, |sum, byte| sum ^ byte) == checksum)?;
    let size = u32::from_le_bytes(size);
    require((16..0x10_0000).contains(&size))?;
    let name = cursor.text_until(0, 16)?;
    require(name.len() >= 4 && name.iter().all(|byte| byte.is_ascii_alphanumeric()))?;
    let value = cursor.u32_le()?;
    require(value < 256 && value < size)?;
    cursor.text(usize::try_from(value).unwrap_or_default())?;
    cursor.literal(b"\0")?;
    let known: &[&[u8]] =
        &[b"cmpfile", b"client", b"xfiles", b"server", b"server2", b"func", b"autoLogin", b"protocol"];
    Ok((if known.contains(&name) { 95 } else { 75 }, "Perforce message"))
}

const EXAMPLES: &[Example] = &[
    client("protocol", b"\x33\x33\0\0\0cmpfile\0\0\0\0\0\0client\0\x02\0\0\x0080\0func\0\x08\0\0\0protocol\0"),
    server("protocol", b"\x2c\x2c\0\0\0xfiles\0\x01\0\0\x007\0server\0\x01\0\0\x003\0func\0\x08\0\0\0protocol\0"),
];
