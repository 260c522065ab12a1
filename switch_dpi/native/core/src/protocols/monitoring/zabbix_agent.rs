//! Zabbix's agent, proxy and sender protocol (Zabbix documentation, "Header"): JSON behind a header.

use crate::bytes::Reader;
use crate::probing::answers::of_stream;
use crate::probing::beginnings::begins;
use crate::probing::examples::{client, server};
use crate::probing::readers::StreamReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Tcp;
const MAGIC: &[u8] = b"ZBXD";
/// Flags: Zabbix protocol, compressed, large packet.
const MAX_FLAGS: u8 = 7;
/// The host stands in the first record.
const MAX_HEAD_SIZE: usize = 512;
const HOST: &[u8] = b"\"host\":\"";

/// Zabbix.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "zabbix-agent",
    name: "Zabbix",
    selector: 1572,
    risk: Some(40),
    transports: &[CARRIER],
    ports: &[10050, 10051],
    first_bytes: FirstBytes::Of(b"Z"),
    probe,
    inspector: Some(|| {
        StreamReader::boxed(|sample, found| read(sample.data, found).unwrap_or_default(), MAX_HEAD_SIZE)
    }),
    app: "zabbix",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_stream(is_header(sample.data), 95, "header", 13)
}

fn is_header(data: &[u8]) -> Option<bool> {
    if !begins(data, MAGIC).holds()? {
        return Some(false);
    }
    Some((1..=MAX_FLAGS).contains(data.get(MAGIC.len())?))
}

fn read(data: &[u8], found: &mut Findings) -> Option<()> {
    let start = data.windows(HOST.len()).position(|window| window == HOST)?;
    let mut reader = Reader::new(data);
    reader.take(start + HOST.len())?;
    let end = reader.rest().iter().position(|byte| *byte == b'"')?;
    found.text(Attribute::MonitoredHost, reader.take(end)?);
    Some(())
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "agent asks for its checks",
        transport: CARRIER,
        direction: Direction::Originator,
        data: b"ZBXD\x01\x2c\x00\x00\x00\x00\x00\x00\x00{\"request\":\"active checks\",\"host\":\"db1.example\"}",
        expect: &[(Attribute::MonitoredHost, "db1.example")],
    },
    server("answer", b"ZBXD\x01\x16\x00\x00\x00\x00\x00\x00\x00{\"response\":\"success\"}"),
    client("passive check", b"ZBXD\x01\x0a\x00\x00\x00\x00\x00\x00\x00agent.ping"),
];
