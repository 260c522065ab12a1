//! PPPP, the peer-to-peer transport of CS2 Network in cameras, as publicly described: 0xf1, type and size, big-endian; the punched path
//! carries the identifier of the device.

use crate::probing::checker::{Checker, Form, Recognised, any_form, query, reply, require};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// PPPP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "pppp",
    name: "PPPP",
    selector: 1764,
    category: "iot",
    transports: &[Transport::Udp],
    ports: &[32100, 32108],
    first_bytes: FirstBytes::Of(b"\xf1"),
    max_probe_size: 32,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[device, search];

fn device(checker: &mut Checker<'_>) -> Recognised {
    checker.literal(b"\xf1")?;
    checker.one_of(&[0x41, 0x42, 0x20, 0x12])?;
    let size = usize::from(checker.u16()?);
    require(size == checker.rest().len() && size >= 20)?;
    let prefix: [u8; 8] = checker.array()?;
    let letters = prefix.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    require((3..8).contains(&letters) && prefix.iter().skip(letters).all(|byte| *byte == 0))?;
    checker.u32()?; // number
    checker.all(5, |byte| byte.is_ascii_uppercase())?;
    Ok((95, "PPPP device"))
}

fn search(checker: &mut Checker<'_>) -> Recognised {
    require(checker.is_at_port(32_108) || checker.is_at_port(32_100))?;
    checker.literal(b"\xf1")?;
    checker.one_of(&[0x30, 0x00, 0xe0, 0xe1])?;
    checker.literal(b"\0\0")?;
    require(checker.rest().is_empty())?;
    Ok((59, "PPPP search"))
}

const EXAMPLES: &[Example] = &[
    query("the path is opened", b"\xf1\x41\0\x14ABCD\0\0\0\0\0\x01\x23\x45FGHIJ\0\0\0"),
    reply("ready", b"\xf1\x42\0\x14ABCDEF\0\0\0\x01\x23\x45FGHIJ\0\0\0"),
];
