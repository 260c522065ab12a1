//! SCGI (Neil Schemenauer, "SCGI: A Simple Common Gateway Interface alternative"): headers in a net-string.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// SCGI.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "scgi",
    name: "SCGI",
    selector: 603,
    category: "web",
    transports: &[Transport::Tcp],
    ports: &[4000],
    first_bytes: FirstBytes::Where(|byte| byte.is_ascii_digit()),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[request];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// The first header is always CONTENT_LENGTH.
fn request(cursor: &mut Cursor<'_>) -> Recognised {
    let size = cursor.text_until(b':', 6)?;
    require(size.len() >= 2 && size.iter().all(u8::is_ascii_digit))?;
    cursor.literal(b"CONTENT_LENGTH\0")?;
    Ok((100, "SCGI request"))
}

const EXAMPLES: &[Example] = &[
    client("request", b"70:CONTENT_LENGTH\x0027\0SCGI\x001\0REQUEST_METHOD\0POST\0REQUEST_URI\0/deepthought\0,What is the answer to life?"),
    client("request without a body", b"24:CONTENT_LENGTH\x000\0SCGI\x001\0,"),
];
