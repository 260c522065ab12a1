//! Checkmk agent: whoever connects is sent sections of text (Checkmk documentation).

use crate::probing::answers::of_stream;
use crate::probing::beginnings::begins;
use crate::probing::examples::server;
use crate::probing::lines::Lines;
use crate::probing::readers::StreamReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Tcp;
const SECTION: &[u8] = b"<<<check_mk>>>";
/// The name stands in the first section.
const MAX_HEAD_SIZE: usize = 512;

/// Checkmk.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "checkmk-agent",
    name: "CHECKMK",
    selector: 1571,
    risk: Some(20),
    transports: &[CARRIER],
    ports: &[6556],
    first_bytes: FirstBytes::Of(b"<"),
    probe,
    inspector: Some(|| StreamReader::boxed(read, MAX_HEAD_SIZE)),
    app: "checkmk",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_stream(begins(sample.data, SECTION).holds(), 100, "first section", SECTION.len())
}

fn read(sample: &Sample<'_>, found: &mut Findings) {
    if let Some(name) = Lines::new(sample.data, 0).find_map(|line| line.strip_prefix(b"Hostname: ")) {
        found.text(Attribute::MonitoredHost, name);
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "agent of a server",
        transport: CARRIER,
        direction: Direction::Responder,
        data: b"<<<check_mk>>>\nVersion: 2.2.0p12\nAgentOS: linux\nHostname: db1\nAgentDirectory: /etc/check_mk\n",
        expect: &[(Attribute::MonitoredHost, "db1")],
    },
    server("agent of an old version", b"<<<check_mk>>>\nVersion: 1.2.4\n<<<df>>>\n"),
];
