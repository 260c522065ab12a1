//! ORVIBO's sockets over UDP, as publicly described: a mark, the datagram's size, big-endian, and a command of two letters.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// ORVIBO.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "orvibo-lan",
    name: "ORVIBO",
    selector: 1875,
    category: "iot",
    transports: &[Transport::Udp],
    ports: &[10_000],
    first_bytes: FirstBytes::Of(b"h"),
    probe: |sample| any_form(sample, FORMS),
    app: "orvibo",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"hd")?;
    require(usize::from(cursor.u16()?) == cursor.size())?;
    // search, search of one, subscription, switching, its answer, heartbeat, tables, time
    cursor.any_literal(&[b"qa", b"qg", b"cl", b"dc", b"sf", b"hb", b"rt", b"tm", b"cs", b"ic", b"ls"])?;
    Ok((95, "command"))
}

const EXAMPLES: &[Example] = &[
    query("search", b"hd\0\x06qa"),
    reply("a socket", b"hd\0\x2aqa\0\xac\xcf\x23\x24\x19\xc0\x20\x20\x20\x20\x20\x20\xc0\x19\x24\x23\xcf\xac\x20\x20\x20\x20\x20\x20SOC002\x67\x5c\xcd\xd5\0"),
];
