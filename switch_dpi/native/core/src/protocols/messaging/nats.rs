//! NATS (NATS documentation, "Client Protocol"): lines; the server greets with INFO.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// NATS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "nats",
    name: "NATS",
    selector: 620,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[4222, 6222],
    first_bytes: FirstBytes::Of(b"ICPHMS-+"),
    max_probe_size: 600,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[greeting, publish, operation];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn greeting(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(&[b"INFO {\"", b"CONNECT {\""])?;
    Ok((100, "NATS greeting"))
}

/// `PUB subject [reply] size`, `MSG subject sid [reply] size`, `SUB subject [queue] sid`.
fn publish(cursor: &mut Cursor<'_>) -> Recognised {
    let which = cursor.any_literal(&[b"PUB ", b"HPUB ", b"MSG ", b"HMSG ", b"SUB "])?;
    let line = cursor.line(512)?;
    let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).collect();
    let (least, most) = if which >= 2 && which != 4 { (3, 5) } else { (2, 4) };
    require((least..=most).contains(&words.len()))?;
    let is_number = |word: &[u8]| word.len() <= 10 && word.iter().all(u8::is_ascii_digit);
    require(which == 4 || words.last().is_some_and(|size| is_number(size)))?;
    require(words.first().is_some_and(|subject| subject.contains(&b'.') || which == 2))?;
    Ok((70, "NATS message"))
}

fn operation(cursor: &mut Cursor<'_>) -> Recognised {
    let which = cursor.any_literal(&[
        b"-ERR 'Authorization Violation'",
        b"-ERR 'Unknown Protocol Operation'",
        b"+OK\r\n",
        b"PING\r\n",
        b"PONG\r\n",
    ])?;
    if which < 2 {
        return Ok((100, "NATS error"));
    }
    greeting(&mut cursor.of_peer())?;
    Ok((95, "NATS operation"))
}

const EXAMPLES: &[Example] = &[

    server("greeting", b"INFO {\"server_id\":\"NDQ\",\"version\":\"2.10.4\",\"proto\":1,\"headers\":true,\"max_payload\":1048576} \r\n"),
    client("greeting", b"CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"go\"}\r\nPING\r\n"),
    client("message", b"PUB orders.new 5\r\nhello\r\n"),
];
