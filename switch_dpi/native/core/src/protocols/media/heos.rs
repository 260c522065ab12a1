//! HEOS, Denon's and Marantz' players ("HEOS CLI Protocol Specification", §3): commands as URLs, answers as JSON, a line each.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// HEOS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "heos-cli",
    name: "HEOS",
    selector: 1867,
    category: "music",
    transports: &[Transport::Tcp],
    ports: &[1255],
    first_bytes: FirstBytes::Of(b"h{"),
    probe: |sample| any_form(sample, FORMS),
    app: "heos",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[command, answer];

fn command(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"heos://")?;
    cursor.any_literal(&[b"system/", b"player/", b"group/", b"browse/"])?;
    Ok((100, "command"))
}

fn answer(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(&[b"{\"heos\": {\"command\": \"", b"{\"heos\":{\"command\":\""])?;
    Ok((100, "answer"))
}

const EXAMPLES: &[Example] = &[
    client("players", b"heos://player/get_players\r\n"),
    server(
        "answer",
        b"{\"heos\": {\"command\": \"player/get_players\", \"result\": \"success\", \"message\": \"\"}}\r\n",
    ),
];
