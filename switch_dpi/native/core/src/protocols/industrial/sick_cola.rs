//! CoLa, commands of SICK's scanners (its "Telegram listing"), in text or in binary form.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// SICK CoLa.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sick-cola",
    name: "SICK CoLa",
    selector: 1750,
    category: "industrial",
    transports: &[Transport::Tcp],
    ports: &[2111, 2112],
    first_bytes: FirstBytes::Of(b"\x02"),
    max_probe_size: 16,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[telegram];

fn telegram(cursor: &mut Cursor<'_>) -> Recognised {
    let mut ahead = *cursor;
    if ahead.literal(b"\x02\x02\x02\x02").is_ok() {
        require(ahead.u32()? < 0x1_0000)?;
        *cursor = ahead;
    } else {
        cursor.literal(b"\x02")?;
    }
    cursor.literal(b"s")?;
    cursor.one_of(b"RWMEAFS")?;
    cursor.one_of(b"NAI")?;
    cursor.literal(b" ")?;
    cursor.all(3, |byte| byte.is_ascii_alphanumeric())?;
    Ok((80, "CoLa telegram"))
}

const EXAMPLES: &[Example] = &[
    client("read, in text", b"\x02sRN DeviceIdent\x03"),
    server("answer, in text", b"\x02sRA DeviceIdent 8 LMS10x_D\x03"),
];
