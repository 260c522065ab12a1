//! apcupsd (its manual, "NIS network server protocol"): lines behind their size in two bytes, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// apcupsd.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "apcupsd",
    name: "apcupsd",
    selector: 1715,
    category: "monitoring",
    risk: Some(20),
    transports: &[Transport::Tcp],
    ports: &[3551],
    first_bytes: FirstBytes::Of(b"\0"),
    max_probe_size: 32,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[request, status];

fn request(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(&[b"\0\x06status", b"\0\x06events"])?;
    Ok((95, "apcupsd request"))
}

fn status(cursor: &mut Cursor<'_>) -> Recognised {
    let size = cursor.u16()?;
    require((12..128).contains(&size))?;
    cursor.literal(b"APC      : 0")?;
    Ok((100, "apcupsd status"))
}

const EXAMPLES: &[Example] =
    &[client("status", b"\0\x06status"), server("status", b"\0\x1bAPC      : 001,036,0870\n\0\x19DATE  ")];
