//! rwho (rwhod(8), "protocols/rwhod.h"): a machine tells its load and who is logged on, big-endian; 24 bytes for each user.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// rwho.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rwho",
    name: "rwho",
    selector: 1708,
    category: "network",
    risk: Some(20),
    transports: &[Transport::Udp],
    ports: &[513],
    first_bytes: FirstBytes::Of(b"\x01"),
    max_probe_size: 64,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[status];

fn status(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x01\x01")?;
    cursor.u16()?;
    let sent_at = cursor.u32()?;
    cursor.u32()?;
    let host: [u8; 32] = cursor.array()?;
    cursor.array::<16>()?; // load and time of start
    let size = host.iter().position(|byte| *byte == 0).unwrap_or(host.len());
    let (name, _) = host.split_at_checked(size).unwrap_or_default();
    require(sent_at > 0x1000_0000 && !name.is_empty() && name.iter().all(u8::is_ascii_graphic))?;
    require(cursor.rest().len().is_multiple_of(24))?;
    Ok((85, "rwho status"))
}

const EXAMPLES: &[Example] = &[
    query("an idle machine", b"\x01\x01\0\0\x65\x91\x22\x33\0\0\0\0host1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\x02\0\0\0\x03\x65\x90\0\0"),
    reply("one user", b"\x01\x01\0\0\x65\x91\x22\x33\0\0\0\0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\x02\0\0\0\x03\x65\x90\0\0pts/0\0\0\0ann\0\0\0\0\0\x65\x91\x20\0\0\0\0\x05"),
];
