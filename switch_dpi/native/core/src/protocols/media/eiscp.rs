//! eISCP, Onkyo's, Pioneer's and Integra's receivers ("ISCP over Ethernet"): a mark, the sizes of header and data, big-endian, version 1,
//! then commands that begin with `!`.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, query, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

const HEADER_SIZE: u32 = 16;
/// A command with its data; pictures come in pieces.
const MAX_DATA_SIZE: u32 = 16_384;
/// Version, then three reserved bytes.
const VERSION: &[u8] = &[1, 0, 0, 0];

/// eISCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "eiscp",
    name: "eISCP",
    selector: 1866,
    category: "music",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[60_128],
    first_bytes: FirstBytes::Of(b"I"),
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[packet];

fn packet(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"ISCP")?;
    require(cursor.u32()? == HEADER_SIZE)?;
    require((1..=MAX_DATA_SIZE).contains(&cursor.u32()?))?;
    cursor.literal(VERSION)?;
    cursor.literal(b"!")?;
    Ok((100, "eISCP packet"))
}

const EXAMPLES: &[Example] = &[
    client("power on", b"ISCP\0\0\0\x10\0\0\0\x08\x01\0\0\0!1PWR01\r"),
    server("it is on", b"ISCP\0\0\0\x10\0\0\0\x0a\x01\0\0\0!1PWR01\x1a\r\n"),
    query("search", b"ISCP\0\0\0\x10\0\0\0\x0b\x01\0\0\0!xECNQSTN\r\n"),
];
