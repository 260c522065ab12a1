//! USB/IP (Linux, "usbip_protocol"): version 1.1.1, then lists and imports of devices, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// USB/IP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "usbip",
    name: "USB/IP",
    selector: 1711,
    category: "remote-access",
    risk: Some(80),
    transports: &[Transport::Tcp],
    ports: &[3240],
    first_bytes: FirstBytes::Of(b"\x01"),
    max_probe_size: 16,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[operation];

fn operation(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x01\x11")?;
    let code = cursor.u16()?;
    require(matches!(code, 0x8005 | 0x8003 | 0x0005 | 0x0003))?;
    cursor.literal(b"\0\0\0")?;
    cursor.within(0, 5)?;
    Ok((95, "USB/IP operation"))
}

const EXAMPLES: &[Example] =
    &[client("list of devices", b"\x01\x11\x80\x05\0\0\0\0"), server("no devices", b"\x01\x11\0\x05\0\0\0\0\0\0\0\0")];
