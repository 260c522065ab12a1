//! STOMP, versions 1.0 to 1.2 (STOMP Protocol Specification): a command line, header lines, an empty line, a body, zero.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// STOMP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "stomp",
    name: "STOMP",
    selector: 621,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[61613],
    first_bytes: FirstBytes::Of(b"CSUMREANBD"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[frame];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Commands of clients and servers (§ STOMP 1.2, Augmented BNF).
const COMMANDS: &[&[u8]] = &[
    b"CONNECTED",
    b"CONNECT",
    b"STOMP",
    b"SEND",
    b"SUBSCRIBE",
    b"UNSUBSCRIBE",
    b"MESSAGE",
    b"RECEIPT",
    b"ERROR",
    b"ACK",
    b"NACK",
    b"BEGIN",
    b"COMMIT",
    b"ABORT",
    b"DISCONNECT",
];

/// Header names that a first frame begins with, brokers' own among them.
const HEADERS: &[&[u8]] = &[
    b"accept-version:",
    b"version:",
    b"host:",
    b"login:",
    b"passcode:",
    b"heart-beat:",
    b"destination:",
    b"id:",
    b"session:",
    b"server:",
    b"message-id:",
    b"subscription:",
    b"receipt-id:",
    b"receipt:",
    b"content-type:",
    b"content-length:",
    b"message:",
    b"transaction:",
    b"ack:",
    b"client-id:",
    b"user-name:",
    b"expires:",
    b"redelivered:",
];

fn frame(cursor: &mut Cursor<'_>) -> Recognised {
    let known = cursor.rest().split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    require(COMMANDS.iter().any(|command| command.starts_with(known)))?;
    let command = cursor.line(16)?;
    require(COMMANDS.contains(&command))?;
    match cursor.any_literal(HEADERS) {
        Ok(_) => Ok((95, "STOMP frame")),
        Err(Probe::NeedMore) => Err(Probe::NeedMore),
        Err(_) => {
            // a connection without headers is the old form
            require(matches!(command, b"CONNECT" | b"CONNECTED"))?;
            cursor.any_literal(&[b"\n\0", b"\r\n\0"])?;
            Ok((90, "STOMP connection"))
        }
    }
}

const EXAMPLES: &[Example] = &[
    client("connection", b"CONNECT\naccept-version:1.0,1.1,1.2\nhost:mq.example.org\n\n\0"),
    server("connected", b"CONNECTED\nversion:1.2\nsession:ID:mq-1\n\n\0"),
    client("message", b"SEND\ndestination:/queue/a\n\nhello\0"),
];
