//! Android Debug Bridge (AOSP, "adb protocol"): six words, little-endian; the last is the first with all bits turned.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// ADB.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "adb",
    name: "ADB",
    selector: 1703,
    category: "developer",
    risk: Some(80),
    transports: &[Transport::Tcp],
    ports: &[5555, 5037],
    first_bytes: FirstBytes::Of(b"CASOWH"),
    max_probe_size: 24,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    let command: [u8; 4] = cursor.array()?;
    require([b"CNXN", b"AUTH", b"STLS", b"OPEN", b"OKAY", b"WRTE"].contains(&&command))?;
    cursor.array::<8>()?; // arguments
    require(cursor.u32_le()? <= 1 << 20)?;
    cursor.u32_le()?; // checksum
    cursor.literal(&command.map(|byte| !byte))?;
    Ok((100, "ADB message"))
}

const EXAMPLES: &[Example] = &[
    client("connection", b"CNXN\0\0\0\x01\0\x10\0\0\x07\0\0\0\x32\x02\0\0\xbc\xb1\xa7\xb1host::\0"),
    server("authentication", b"AUTH\x01\0\0\0\0\0\0\0\x14\0\0\0\x5a\x09\0\0\xbe\xaa\xab\xb7"),
];
