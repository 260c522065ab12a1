//! Hazelcast (Hazelcast, "Open Binary Client Protocol" 2; member-to-member traffic begins with a mark of its own).

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Hazelcast.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "hazelcast",
    name: "Hazelcast",
    selector: 628,
    category: "database",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[5701],
    first_bytes: FirstBytes::Of(b"CH"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[of_client, of_member];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// `CP2`, then the authentication: frame size, flags of a whole message, type 000100, little-endian.
fn of_client(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"CP2")?;
    require((22..4096).contains(&cursor.u32_le()?))?;
    require(cursor.u16_le()? & 0x03ff == 0)?;
    cursor.literal(b"\0")?;
    cursor.within(0, 0x30)?;
    Ok((85, "Hazelcast client"))
}

/// `HZC` and the packet's version.
fn of_member(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"HZC")?;
    cursor.literal(b"\x04")?;
    Ok((80, "Hazelcast member"))
}

const EXAMPLES: &[Example] = &[
    client("client", b"CP2\x4c\0\0\0\0\xc0\0\x01\0\0\x01\0\0\0\0\0\0\0\xff\xff\xff\xff"),
    client("member", b"HZC\x04\0\x10\0\0\0\0\0\0\0\0\x40"),
];
