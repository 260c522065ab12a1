//! APRS-IS, reports of amateur radio (aprs-is.net, "Connecting to APRS-IS").

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// APRS-IS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "aprs-is",
    name: "APRS-IS",
    selector: 1727,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[14580, 10152],
    first_bytes: FirstBytes::Of(b"u#"),
    max_probe_size: 48,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[login, greeting];

fn login(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"user ")?;
    let call = cursor.text_until(b' ', 12)?;
    require(call.len() >= 3)?;
    cursor.literal(b"pass ")?;
    let code = cursor.text_until(b' ', 5)?;
    require(!code.is_empty() && code.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-'))?;
    Ok((100, "APRS-IS log-in"))
}

fn greeting(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(&[b"# aprsc ", b"# javAPRSSrvr ", b"# javAPRSFilter ", b"# logresp "])?;
    Ok((100, "APRS-IS greeting"))
}

const EXAMPLES: &[Example] = &[
    client("log-in", b"user N0CALL pass -1 vers test 1.0 filter r/33/-97/200\r\n"),
    server("greeting", b"# aprsc 2.1.15-gc67551b\r\n"),
];
