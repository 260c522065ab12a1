//! rpcap, remote packet capture (libpcap, `rpcap-protocol.h`): a log-in of a header and the sizes of name and password. Big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Version 0, AUTH_REQ, no value.
const START: &[u8] = &[0, 8, 0, 0];
/// Kind of log-in, two reserved bytes, two sizes.
const FIXED_SIZE: u32 = 8;
/// Without a name, or with name and password.
const MAX_KIND: u16 = 1;

/// rpcap.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rpcap",
    name: "rpcap",
    selector: 1872,
    category: "monitoring",
    risk: Some(80),
    transports: &[Transport::Tcp],
    ports: &[2002],
    first_bytes: FirstBytes::Of(&[0]),
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[log_in];

fn log_in(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(START)?;
    let size = cursor.u32()?;
    let kind = cursor.u16()?;
    cursor.zeros(2)?;
    let (name, password) = (cursor.u16()?, cursor.u16()?);
    require(kind <= MAX_KIND && (kind == 1) == (name > 0))?;
    require(size == FIXED_SIZE + u32::from(name) + u32::from(password))?;
    cursor.text(usize::from(name).min(cursor.rest().len()))?;
    Ok((85, "log-in"))
}

const EXAMPLES: &[Example] = &[
    client("log-in", b"\0\x08\0\0\0\0\0\x0f\0\x01\0\0\0\x03\0\x04anawxyz"),
    client("without a name", b"\0\x08\0\0\0\0\0\x08\0\0\0\0\0\0\0\0"),
];
