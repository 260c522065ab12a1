//! ISO transport over TCP (RFC 1006, RFC 2126) whose user is not known: only the opening of a connection between transport
//! selectors tells it, and whoever talks inside may take the flow.

use crate::formats::iso_on_tcp::{Unit, unit};
use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::Cursor;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// ISO transport over TCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "iso-transport",
    name: "ISO-on-TCP",
    selector: 306,
    category: "industrial",
    risk: Some(20),
    transports: &[Transport::Tcp],
    ports: &[102],
    first_bytes: FirstBytes::Of(&[3]),
    max_probe_size: 300,
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    match unit(&mut cursor)? {
        Unit::Connect { has_selectors: true } => cursor.matched(55, "transport connection between selectors"),
        Unit::Connect { .. } => Err(Probe::No),
        Unit::Data(_) => Err(Probe::NeedMore),
    }
}

const EXAMPLES: &[Example] = &[
    client(
        "connection request",
        b"\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x01\x00\xc1\x02\x00\x01\xc2\x02\x00\x01\xc0\x01\x0a",
    ),
    server(
        "connection confirm",
        b"\x03\x00\x00\x16\x11\xd0\x00\x01\x00\x02\x00\xc0\x01\x0a\xc1\x02\x00\x01\xc2\x02\x00\x01",
    ),
];
