//! Internet Storage Name Service (RFC 4171 §5): header and first attribute, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// iSNS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "isns",
    name: "iSNS",
    selector: 1710,
    category: "cloud-storage",
    transports: &[Transport::Tcp],
    ports: &[3205],
    first_bytes: FirstBytes::Of(b"\0"),
    max_probe_size: 20,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0\x01")?;
    let function = cursor.u16()?;
    let size = cursor.u16()?;
    let flags = cursor.u16()?;
    cursor.u16()?; // transaction
    let sequence = cursor.u16()?;
    let is_request = matches!(function, 1..=15);
    require(is_request || matches!(function, 0x8001..=0x800f))?;
    require(size > 0 && size % 4 == 0 && flags & 0x03ff == 0 && flags & 0x0c00 != 0 && sequence == 0)?;
    require((flags & 0x8000 != 0) == is_request || flags & 0x4000 != 0)?;
    if is_request {
        let (tag, length) = (cursor.u32()?, cursor.u32()?);
        require(tag < 0x1_0000 && length < 0x1_0000)?;
    } else {
        require(cursor.u32()? <= 32)?; // status
    }
    Ok((85, "iSNS message"))
}

const EXAMPLES: &[Example] = &[
    client("registration", b"\0\x01\0\x01\0\x14\x8c\0\0\x01\0\0\0\0\0\x20\0\0\0\x0ciqn.x.ex:a\0\0"),
    server("answer", b"\0\x01\x80\x01\0\x04\x4c\0\0\x01\0\0\0\0\0\0"),
];
