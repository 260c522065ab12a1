//! Microsoft's Delivery Optimization between machines ([MS-SWARM]-like, publicly described): a handshake of BitTorrent's form with a name of
//! its own.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// MSDO.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "msdo",
    name: "MSDO",
    selector: 1737,
    category: "software-update",
    risk: Some(20),
    transports: &[Transport::Tcp],
    ports: &[7680],
    first_bytes: FirstBytes::Of(b"\x0e"),
    max_probe_size: 15,
    probe: |sample| any_form(sample, FORMS),
    app: "microsoft-delivery-optimization",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[handshake];

fn handshake(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x0eSwarm protocol")?;
    Ok((100, "Swarm handshake"))
}

const EXAMPLES: &[Example] = &[
    client("handshake", b"\x0eSwarm protocol\0\0\0\0\0\x10\0\x05HHHHHHHH"),
    server("handshake", b"\x0eSwarm protocol\0\0\0\0\0\x10\0\0"),
];
