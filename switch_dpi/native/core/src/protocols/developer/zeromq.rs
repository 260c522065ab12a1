//! ZeroMQ's transport, versions 2 and 3 (ZMTP, RFC 23/ZMTP at rfc.zeromq.org): a signature, the version, the mechanism.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// ZeroMQ.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "zeromq",
    name: "ZeroMQ",
    selector: 615,
    category: "developer",
    transports: &[Transport::Tcp],
    ports: &[5555],
    first_bytes: FirstBytes::Of(&[0xff]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[greeting];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// FF, eight bytes (zero, or the size of a name in older peers), 7F; then version 3 with its mechanism, or 1 with a socket type.
fn greeting(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\xff\0\0\0\0\0\0\0")?;
    cursor.u8()?;
    cursor.literal(b"\x7f")?;
    if cursor.rest().is_empty() {
        return Ok((90, "ZMTP signature"));
    }
    cursor.within(0, 4)?;
    Ok((95, "ZMTP greeting"))
}

const EXAMPLES: &[Example] = &[
    client("version 3", b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    server("version 2", b"\xff\0\0\0\0\0\0\0\x01\x7f\x01\x05\0\0"),
];
