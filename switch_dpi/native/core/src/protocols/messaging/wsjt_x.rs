//! WSJT-X, weak signals of amateur radio ("NetworkMessage.hpp" by description): mark, schema, type and the program's name, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// WSJT-X.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "wsjt-x",
    name: "WSJT-X",
    selector: 1739,
    category: "messaging",
    transports: &[Transport::Udp],
    ports: &[2237],
    first_bytes: FirstBytes::Of(b"\xad"),
    max_probe_size: 32,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\xad\xbc\xcb\xda\0\0\0")?;
    cursor.within(1, 3)?;
    require(cursor.u32()? < 32)?;
    Ok((100, "WSJT-X message"))
}

const EXAMPLES: &[Example] = &[
    query("heartbeat", b"\xad\xbc\xcb\xda\0\0\0\x02\0\0\0\0\0\0\0\x06WSJT-X\0\0\0\x03\0\0\0\x052.6.1"),
    reply("clear", b"\xad\xbc\xcb\xda\0\0\0\x02\0\0\0\x03\0\0\0\x06WSJT-X"),
];
