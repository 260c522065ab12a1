//! The scalability protocols of nanomsg and NNG over TCP (nanomsg RFC "sp-tcp-mapping-01").

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// nanomsg.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "nanomsg",
    name: "nanomsg",
    selector: 616,
    category: "developer",
    transports: &[Transport::Tcp],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[header];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// `\0SP\0`, the socket's type, reserved.
fn header(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0SP\0")?;
    require(cursor.u16()? <= 0x0fff)?;
    cursor.zeros(2)?;
    Ok((95, "SP header"))
}

const EXAMPLES: &[Example] =
    &[client("request socket", b"\0SP\0\0\x30\0\0"), server("reply socket", b"\0SP\0\0\x31\0\0\0\0\0\0\0\0\0\x05")];
