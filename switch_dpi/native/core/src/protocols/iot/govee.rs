//! Govee's lamps on the local network ("Govee WLAN Guide"): JSON objects with a message and its command.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Govee.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "govee-lan",
    name: "Govee",
    selector: 1876,
    category: "iot",
    transports: &[Transport::Udp],
    ports: &[4001, 4002, 4003],
    first_bytes: FirstBytes::Of(b"{"),
    probe: |sample| any_form(sample, FORMS),
    app: "govee",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(&[b"{\"msg\":{\"cmd\":\"", b"{\"msg\": {\"cmd\": \""])?;
    cursor.any_literal(&[
        b"scan\"",
        b"devStatus\"",
        b"turn\"",
        b"brightness\"",
        b"colorwc\"",
        b"status\"",
        b"razer\"",
    ])?;
    Ok((95, "command"))
}

const EXAMPLES: &[Example] = &[
    query("search", b"{\"msg\":{\"cmd\":\"scan\",\"data\":{\"account_topic\":\"reserve\"}}}"),
    reply("state", b"{\"msg\":{\"cmd\":\"devStatus\",\"data\":{\"onOff\":1,\"brightness\":100}}}"),
];
