//! Microsoft Message Queuing ([MS-MQMQ] §2.2.19, BaseHeader), little-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// MSMQ.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "msmq",
    name: "MSMQ",
    selector: 623,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[1801],
    first_bytes: FirstBytes::Of(&[0x10]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[base_header];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Version 16, reserved, flags, signature `LIOR`, size.
fn base_header(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x10")?;
    cursor.take(3)?;
    cursor.literal(b"LIOR")?;
    Ok((95, "MSMQ base header"))
}

const EXAMPLES: &[Example] = &[
    client("connection", b"\x10\xc0\x0b\0LIOR\x3c\x02\0\0\xff\xff\xff\xff\0\0\x02\0"),
    server("answer", b"\x10\x5a\x0b\0LIOR\x3c\x02\0\0\xff\xff\xff\xff\0\0\x02\0"),
];
