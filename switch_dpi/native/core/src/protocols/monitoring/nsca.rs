//! NSCA, passive results for Nagios, where they are not encrypted ("common.h" of NSCA by description): version 3, checksum, time, result,
//! host. The server begins with random bytes, which tell nothing.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// NSCA.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "nsca",
    name: "NSCA",
    selector: 1742,
    category: "monitoring",
    risk: Some(20),
    transports: &[Transport::Tcp],
    ports: &[5667],
    first_bytes: FirstBytes::Of(b"\0"),
    max_probe_size: 48,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[result];

fn result(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0\x03\0\0")?;
    cursor.u32()?; // checksum
    require((0x4000_0000..0x8000_0000).contains(&cursor.u32()?))?;
    cursor.literal(b"\0")?;
    cursor.within(0, 3)?;
    let rest = cursor.rest();
    let known = rest.get(..16).unwrap_or(rest);
    let host = known.iter().position(|byte| *byte == 0).unwrap_or(known.len());
    require(known.iter().take(host).all(u8::is_ascii_graphic) && known.iter().skip(host).all(|byte| *byte == 0))?;
    cursor.take(16)?;
    require(host > 1)?;
    Ok((85, "NSCA result"))
}

const EXAMPLES: &[Example] = &[
    client("all is well", b"\0\x03\0\0\x12\x34\x56\x78\x65\x91\0\0\0\0web1\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    client("critical", b"\0\x03\0\0\xab\xcd\xef\x01\x65\x91\0\x05\0\x02database.example\0"),
];
