//! Apache RocketMQ's remoting (RocketMQ, RemotingCommand): size, kind of header, header's size, JSON, big-endian.

use crate::probing::checker::{Checker, Form, Recognised, any_form, client, require, server};
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

fn command(checker: &mut Checker<'_>) -> Recognised {
    checker.literal(b"\0")?;
    let size = checker.u24()?;
    checker.literal(b"\0")?;
    let header = checker.u24()?;
    require(header > 32 && header + 4 <= size)?;
    checker.any_literal(&[b"{\"code\":", b"{\"extFields\":"])?;
    Ok((95, "RocketMQ command"))
}

const EXAMPLES: &[Example] = &[

    client("route wanted", b"\0\0\0\x52\0\0\0\x4e{\"code\":105,\"flag\":0,\"language\":\"JAVA\",\"opaque\":0,\"version\":317,\"a\":\"bcdefghi\"}"),
    server("answer", b"\0\0\0\x2a\0\0\0\x26{\"code\":0,\"flag\":1,\"language\":\"JAVA\"  }"),
];
