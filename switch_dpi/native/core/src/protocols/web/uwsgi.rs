//! uwsgi (uWSGI documentation, "The uwsgi Protocol"): modifier, size, modifier, then names and values, little-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// uwsgi.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "uwsgi",
    name: "uWSGI",
    selector: 602,
    category: "web",
    transports: &[Transport::Tcp],
    ports: &[3031],
    first_bytes: FirstBytes::Of(&[0, 5, 9, 30]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[request];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// A request of WSGI, PSGI, CGI or Lua, whose first variable is one of CGI's (RFC 3875 §4.1).
fn request(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.one_of(&[0, 5, 9, 30])?;
    let size = cursor.u16_le()?;
    cursor.literal(b"\0")?;
    let name = cursor.u16_le()?;
    require((4..64).contains(&name) && name < size)?;
    const NAMES: &[&[u8]] = &[
        b"QUERY_STRING",
        b"REQUEST_",
        b"CONTENT_",
        b"SERVER_",
        b"HTTP_",
        b"PATH_INFO",
        b"REMOTE_",
        b"SCRIPT_",
        b"DOCUMENT_",
        b"UWSGI_",
        b"GATEWAY_",
        b"HTTPS",
    ];
    cursor.any_literal(NAMES)?;
    Ok((95, "uwsgi request"))
}

const EXAMPLES: &[Example] = &[
    client("request", b"\0\x24\0\0\x0c\0QUERY_STRING\0\0\x0e\0REQUEST_METHOD\x03\0GET"),
    client("request of another order", b"\0\x13\0\0\x0e\0REQUEST_METHOD\x03\0GET"),
];
