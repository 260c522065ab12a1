//! Citrix ICA, its session reliability (CGP), and the browser that finds servers over UDP.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// Both ends begin with it, again and again until the other answers.
const ICA_MAGIC: &[u8] = b"\x7f\x7fICA\0";
/// A size and a version text.
const CGP_MAGIC: &[u8] = b"\x1aCGP/01";
/// Size (little-endian), version and request of a browser's question, and a constant.
const BROWSER_START: &[u8] = b"\0\x01\x30\x02\xfd\xa8\xe3";

/// Citrix ICA.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "citrix-ica",
    name: "Citrix",
    selector: 1247,
    category: "remote-access",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[1494, 2598, 1604],
    first_bytes: FirstBytes::Of(&[0x7f, 0x1a, 0x1e, 0x2a]),
    max_probe_size: CGP_MAGIC.len(),
    probe,
    inspector: Some(|| Box::<Ica>::default()),
    app: "citrix",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if sample.transport == Transport::Udp {
        let fits = data.first().is_some_and(|size| matches!(*size, 0x1e | 0x2a) && usize::from(*size) == data.len());
        let starts = data.get(1..).is_some_and(|rest| rest.starts_with(BROWSER_START));
        return if fits && starts { matched(98, "browser question", 8) } else { Probe::No };
    }
    let marks = [(ICA_MAGIC, "ICA greeting"), (CGP_MAGIC, "CGP greeting")];
    let mut answer = Probe::No;
    for (mark, what) in marks {
        match begins(data, mark) {
            Beginning::Whole => return matched(100, what, mark.len()),
            Beginning::Partial => answer = Probe::NeedMore,
            Beginning::Other => {}
        }
    }
    answer
}

/// Names what was greeted.
#[derive(Debug, Default)]
struct Ica;

impl Inspector for Ica {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let name: &[u8] = match sample.data.first() {
            Some(0x7f) => b"ICA",
            Some(0x1a) => b"CGP",
            Some(_) => b"browser",
            None => return Progress::Settled,
        };
        found.text(Attribute::CitrixService, name);
        Progress::Done
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "ICA server",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\x7f\x7fICA\0\x7f\x7fICA\0",
        expect: &[(Attribute::CitrixService, "ICA")],
    },
    Example {
        title: "session reliability",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x1aCGP/01\x01\x02\x5c\0\0\0\0\0\0\0\0\x03\0\0\0",
        expect: &[(Attribute::CitrixService, "CGP")],
    },
    Example {
        title: "question for a master browser",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x1e\0\x01\x30\x02\xfd\xa8\xe3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        expect: &[],
    },
];
