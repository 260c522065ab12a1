//! 9P, the file protocol of Plan 9 and of virtual machines (Plan 9 manual, section 5; "9P2000.L"): the exchange of versions, numbers
//! little-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// 9P.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "9p",
    name: "9P",
    selector: 1702,
    category: "file-transfer",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[564, 5640],
    first_bytes: FirstBytes::Where(|byte| (19..=40).contains(&byte)),
    max_probe_size: 48,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[version];

fn version(cursor: &mut Cursor<'_>) -> Recognised {
    let size = cursor.u32_le()?;
    require((19..=40).contains(&size))?;
    cursor.within(100, 101)?;
    cursor.literal(b"\xff\xff")?; // no tag
    require((256..=64 << 20).contains(&cursor.u32_le()?))?;
    require(u32::from(cursor.u16_le()?) + 13 == size)?;
    cursor.literal(b"9P2000")?;
    Ok((100, "9P version"))
}

const EXAMPLES: &[Example] = &[
    client("version", b"\x13\0\0\0\x64\xff\xff\0\x20\0\0\x06\x009P2000"),
    server("version with extensions of Linux", b"\x15\0\0\0\x65\xff\xff\0\x20\0\0\x08\x009P2000.L"),
];
