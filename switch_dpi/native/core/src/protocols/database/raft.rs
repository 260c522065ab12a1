//! Raft between servers of dqlite and LXD (canonical/raft, "docs/io"): version, the server's number and its address, little-endian words of
//! eight bytes.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Raft.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "raft",
    name: "Raft",
    selector: 1736,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[9000],
    first_bytes: FirstBytes::Of(b"\x01"),
    max_probe_size: 64,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[handshake];

fn handshake(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x01\0\0\0\0\0\0\0")?;
    require(cursor.u64()? != 0)?;
    let size = usize::from(cursor.within(8, 64)?);
    cursor.zeros(7)?;
    require(size % 8 == 0)?;
    let rest = cursor.rest();
    let known = rest.get(..size).unwrap_or(rest);
    let text = known.iter().position(|byte| *byte == 0).unwrap_or(known.len());
    let (name, padding) = known.split_at_checked(text).unwrap_or_default();
    let is_name = name.iter().all(|byte| byte.is_ascii_alphanumeric() || b".:[]-@_/".contains(byte));
    require(is_name && padding.iter().all(|byte| *byte == 0) && padding.len() <= 8)?;
    cursor.take(size)?;
    require(!name.is_empty())?;
    Ok((90, "Raft handshake"))
}

const EXAMPLES: &[Example] = &[
    client("handshake", b"\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\x00192.0.2.17:9000\0"),
    client("by name", b"\x01\0\0\0\0\0\0\0\xaa\x01\0\0\0\0\0\0\x08\0\0\0\0\0\0\0n1:9000\0"),
];
