//! Reliable Event Logging Protocol (librelp, "RELP specification"): transaction, command, size, then what is offered.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// RELP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "relp",
    name: "RELP",
    selector: 1718,
    category: "monitoring",
    transports: &[Transport::Tcp],
    ports: &[20514, 2514],
    first_bytes: FirstBytes::Of(b"123456789"),
    max_probe_size: 48,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[open];

fn open(cursor: &mut Cursor<'_>) -> Recognised {
    let transaction = cursor.text_until(b' ', 9)?;
    require(transaction.iter().all(u8::is_ascii_digit) && !transaction.is_empty() && !transaction.starts_with(b"0"))?;
    let is_request = cursor.any_literal(&[b"open ", b"rsp "])? == 0;
    let size = cursor.text_until(b' ', 6)?;
    require(!size.is_empty() && size.iter().all(u8::is_ascii_digit))?;
    cursor.literal(if is_request { b"relp_version=".as_slice() } else { b"200 OK\nrelp_version=" })?;
    Ok((100, "RELP open"))
}

const EXAMPLES: &[Example] = &[
    client("open", b"1 open 47 relp_version=0\nrelp_software=librelp\ncommands=syslog\n"),
    server("agreed", b"1 rsp 54 200 OK\nrelp_version=0\nrelp_software=librelp\n"),
];
