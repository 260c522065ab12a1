//! PCWorx, the programming of Phoenix Contact's controllers, as publicly described: the first exchange.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// PCWorx.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "pcworx",
    name: "PCWorx",
    selector: 1751,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[1962],
    first_bytes: FirstBytes::Of(b"\x01\x81"),
    max_probe_size: 24,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[request, answer];

fn request(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x01\x01\0\x1a\0\0\0\0\x78\x80\0\x03\0\x0cIBETH01N0_M")?;
    Ok((100, "PCWorx request"))
}

fn answer(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x81\x01\0\x14\0\0\0\0")?;
    Ok((90, "PCWorx answer"))
}

const EXAMPLES: &[Example] = &[
    client("request", b"\x01\x01\0\x1a\0\0\0\0\x78\x80\0\x03\0\x0cIBETH01N0_M\0"),
    server("answer", b"\x81\x01\0\x14\0\0\0\0\0\0\0\x03\0\x02\0\0\0\x0d\0\0"),
];
