//! ICAP, the Internet Content Adaptation Protocol (RFC 3507): what a proxy asks a scanner.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::probing::lines::{Lines, split_word};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// Methods (RFC 3507 §4.3.2) with the scheme of the URI behind them, and the status line.
const STARTS: [&[u8]; 4] = [b"OPTIONS icap", b"REQMOD icap", b"RESPMOD icap", b"ICAP/1.0 "];
/// A start line that is longer is not read.
const MAX_LINE_SIZE: usize = 2048;

/// ICAP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "icap",
    name: "ICAP",
    selector: 1234,
    category: "security",
    transports: &[Transport::Tcp],
    ports: &[1344],
    first_bytes: FirstBytes::Of(b"ORI"),
    max_probe_size: 16,
    probe,
    inspector: Some(|| Box::<Icap>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let mut answer = Probe::No;
    for start in STARTS {
        match begins(sample.data, start) {
            Beginning::Whole => return matched(100, "ICAP start line", start.len()),
            Beginning::Partial => answer = Probe::NeedMore,
            Beginning::Other => {}
        }
    }
    answer
}

/// Reads method and server of the first request.
#[derive(Debug, Default)]
struct Icap;

impl Inspector for Icap {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if sample.data.starts_with(b"ICAP") {
            return Progress::Settled;
        }
        let Some(line) = Lines::new(sample.data, 0).next() else {
            return if sample.data.len() > MAX_LINE_SIZE { Progress::Done } else { Progress::NeedMore };
        };
        let (method, rest) = split_word(line);
        let (uri, _) = split_word(rest);
        found.text(Attribute::IcapMethod, method);
        let authority = uri.strip_prefix(b"icap://").or(uri.strip_prefix(b"icaps://")).unwrap_or_default();
        let end = authority.iter().position(|byte| matches!(byte, b'/' | b':' | b'?')).unwrap_or(authority.len());
        found.set_host(authority.get(..end).unwrap_or_default());
        Progress::Done
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "request modification",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"REQMOD icap://scan.example.org:1344/avscan ICAP/1.0\r\nHost: scan.example.org\r\nEncapsulated: req-hdr=0, null-body=170\r\n\r\n",
        expect: &[(Attribute::IcapMethod, "REQMOD")],
    },
    Example {
        title: "answer",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"ICAP/1.0 204 No Modifications Needed\r\nServer: C-ICAP/0.5.6\r\n\r\n",
        expect: &[],
    },
];
