//! WiZ lamps on the local network, as publicly described: JSON objects with methods of their own.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// WiZ.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "wiz-lan",
    name: "WiZ",
    selector: 1724,
    category: "iot",
    transports: &[Transport::Udp],
    ports: &[38899, 38900],
    first_bytes: FirstBytes::Of(b"{"),
    max_probe_size: 32,
    probe: |sample| any_form(sample, FORMS),
    app: "wiz",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[request];

fn request(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(&[
        b"{\"method\":\"getPilot\"",
        b"{\"method\":\"setPilot\"",
        b"{\"method\":\"syncPilot\"",
        b"{\"method\":\"registration\"",
        b"{\"method\":\"getSystemConfig\"",
        b"{\"method\":\"firstBeat\"",
    ])?;
    Ok((95, "WiZ method"))
}

const EXAMPLES: &[Example] = &[
    query("search", b"{\"method\":\"registration\",\"params\":{\"phoneMac\":\"AAAAAAAAAAAA\",\"register\":false}}"),
    reply("state", b"{\"method\":\"getPilot\",\"env\":\"pro\",\"result\":{\"state\":true}}"),
];
