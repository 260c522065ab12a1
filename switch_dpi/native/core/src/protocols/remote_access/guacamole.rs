//! Guacamole's protocol between its web application and `guacd` (Guacamole manual, "The Guacamole protocol"): instructions of elements
//! with their lengths, the first of which is `select` or its answer `args`.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

const SELECT: &[u8] = b"6.select,";
const ARGS: &[u8] = b"4.args,";
/// Longer arguments (an id of a connection has 37 characters) are not read.
const MAX_ARGUMENT_SIZE: usize = 64;

/// Guacamole.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "guacamole",
    name: "Guacamole",
    selector: 1256,
    category: "remote-access",
    transports: &[Transport::Tcp],
    ports: &[4822],
    first_bytes: FirstBytes::Of(b"64"),
    max_probe_size: SELECT.len(),
    probe,
    inspector: Some(|| Box::<Guacamole>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match (begins(sample.data, SELECT), begins(sample.data, ARGS)) {
        (Beginning::Whole, _) => matched(100, "select instruction", SELECT.len()),
        (_, Beginning::Whole) => matched(90, "args instruction", ARGS.len()),
        (Beginning::Other, Beginning::Other) => Probe::No,
        _ => Probe::NeedMore,
    }
}

/// Reads what is selected.
#[derive(Debug, Default)]
struct Guacamole;

impl Inspector for Guacamole {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let Some(rest) = sample.data.strip_prefix(SELECT) else { return Progress::Settled };
        let Some(end) = rest.iter().take(MAX_ARGUMENT_SIZE + 1).position(|byte| *byte == b';') else {
            return if rest.len() > MAX_ARGUMENT_SIZE { Progress::Done } else { Progress::Settled };
        };
        let element = rest.get(..end).unwrap_or_default();
        if let Some(dot) = element.iter().position(|byte| *byte == b'.') {
            found.text(Attribute::GuacamoleProtocol, element.get(dot + 1..).unwrap_or_default());
        }
        Progress::Done
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "select",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"6.select,3.vnc;",
        expect: &[(Attribute::GuacamoleProtocol, "vnc")],
    },
    Example {
        title: "its answer",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"4.args,13.VERSION_1_5_0,8.hostname,4.port,8.password;",
        expect: &[],
    },
];
