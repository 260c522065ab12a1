//! Wialon IPS, position reports (Gurtam, "Wialon IPS" 1.1 and 2.0): log-in with a device's number, and the answer.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Wialon IPS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "wialon-ips",
    name: "Wialon IPS",
    selector: 1759,
    category: "maps",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[20332],
    first_bytes: FirstBytes::Of(b"#"),
    max_probe_size: 48,
    probe: |sample| any_form(sample, FORMS),
    app: "wialon",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[login, answer];

fn login(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"#L#")?;
    let line = cursor.line(64)?;
    let number = line.split(|byte| *byte == b';').find(|field| field.len() > 3).unwrap_or_default();
    require(line.contains(&b';') && number.iter().all(u8::is_ascii_alphanumeric) && number.len() >= 4)?;
    Ok((90, "Wialon log-in"))
}

fn answer(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"#AL#")?;
    let line = cursor.line(4)?;
    require(matches!(line, b"0" | b"1" | b"01" | b"10"))?;
    Ok((90, "Wialon answer"))
}

const EXAMPLES: &[Example] = &[client("log-in", b"#L#353451044508750;NA\r\n"), server("accepted", b"#AL#1\r\n")];
