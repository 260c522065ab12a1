//! Munin node: the server greets with its name, the master asks line by line (Munin protocol documentation).

use crate::probing::answers::of_stream;
use crate::probing::beginnings::{begins, begins_any};
use crate::probing::examples::client;
use crate::probing::lines::Lines;
use crate::probing::readers::StreamReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Tcp;
const GREETING: &[u8] = b"# munin node at ";
/// A master begins with one of these.
const COMMANDS: [&[u8]; 5] = [b"cap multigraph", b"cap dirtyconfig", b"nodes\n", b"list ", b"list\n"];
/// A greeting with the longest host name.
const MAX_GREETING_SIZE: usize = 300;

/// Munin.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "munin",
    name: "Munin",
    selector: 1569,
    risk: Some(20),
    transports: &[CARRIER],
    ports: &[4949],
    first_bytes: FirstBytes::Of(b"#cnl"),
    probe,
    inspector: Some(|| StreamReader::boxed(read, MAX_GREETING_SIZE)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// A command alone leaves it open: the greeting decides.
fn probe(sample: &Sample<'_>) -> Probe {
    if sample.data.first().is_none_or(|byte| *byte == b'#') {
        return of_stream(begins(sample.data, GREETING).holds(), 100, "greeting", GREETING.len());
    }
    match begins_any(sample.data, &COMMANDS).holds() {
        Some(false) => Probe::No,
        Some(true) if sample.data.starts_with(b"cap ") => of_stream(Some(true), 80, "capabilities", 14),
        _ => Probe::NeedMore,
    }
}

fn read(sample: &Sample<'_>, found: &mut Findings) {
    if let Some(name) = Lines::new(sample.data, 0).next().and_then(|line| line.strip_prefix(GREETING)) {
        found.text(Attribute::MonitoredHost, name);
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "greeting and an answer",
        transport: CARRIER,
        direction: Direction::Responder,
        data: b"# munin node at db1.example.org\ncap multigraph dirtyconfig\ncpu df load\n",
        expect: &[(Attribute::MonitoredHost, "db1.example.org")],
    },
    client("master", b"cap multigraph dirtyconfig\nlist db1.example.org\nfetch load\n"),
];
