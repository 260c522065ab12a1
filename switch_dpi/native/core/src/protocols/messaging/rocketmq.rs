//! Apache RocketMQ's remoting (RocketMQ, RemotingCommand): size, kind of header, header's size, JSON, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// RocketMQ.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rocketmq",
    name: "RocketMQ",
    selector: 643,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[9876, 10911],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[command];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn command(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0")?;
    let size = cursor.u24()?;
    cursor.literal(b"\0")?;
    let header = cursor.u24()?;
    require(header > 32 && header + 4 <= size)?;
    cursor.any_literal(&[b"{\"code\":", b"{\"extFields\":"])?;
    Ok((95, "RocketMQ command"))
}

const EXAMPLES: &[Example] = &[

    client("route wanted", b"\0\0\0\x52\0\0\0\x4e{\"code\":105,\"flag\":0,\"language\":\"JAVA\",\"opaque\":0,\"version\":317,\"a\":\"bcdefghi\"}"),
    server("answer", b"\0\0\0\x2a\0\0\0\x26{\"code\":0,\"flag\":1,\"language\":\"JAVA\"  }"),
];
