//! PPTP's control connection (RFC 2637); the frames themselves go in enhanced GRE beside it.

use crate::protocol::attributes::Attribute;
use crate::bytes::Reader;
use crate::probing::inner_packets::{Fit, fit, found, u16_at};
use crate::protocol::{
    Descriptor, Direction, Example, FirstBytes, Findings, Inspector, Probe, Progress, Sample, Transport,
};

/// RFC 2637 §2.
const MAGIC: &[u8] = b"\x1a\x2b\x3c\x4d";
/// The first two messages are the longest (RFC 2637 §2.1, §2.2).
const START_SIZE: usize = 156;

/// PPTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "pptp",
    name: "PPTP",
    selector: 1206,
    category: "vpn",
    transports: &[Transport::Tcp],
    ports: &[1723],
    first_bytes: FirstBytes::Of(&[0]),
    max_probe_size: 12,
    probe,
    inspector: Some(|| Box::<Pptp>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// Length, message type, magic cookie, control message type, zero.
fn probe(sample: &Sample<'_>) -> Probe {
    let head = sample.data.get(..2).unwrap_or(sample.data);
    let rest = sample.data.get(2..).unwrap_or_default();
    let (kind, magic) = rest.split_at_checked(2).unwrap_or((rest, &[]));
    let kind_fits = fit(kind, &[0, 1]) != Fit::Not || fit(kind, &[0, 2]) != Fit::Not;
    if !matches!(head, [] | [0] | [0, 12..=220]) || !kind_fits || fit(magic, MAGIC) == Fit::Not {
        return Probe::No;
    }
    match u16_at(sample.data, 8) {
        Some(1..=15) => found(100, "magic cookie", 10),
        Some(_) => Probe::No,
        None => Probe::NeedMore,
    }
}

/// Reads the first message of each end.
#[derive(Debug, Default)]
struct Pptp {
    done: [bool; 2],
}

impl Inspector for Pptp {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let is_start = matches!(u16_at(sample.data, 8), Some(1 | 2));
        let done = sample.direction.of(&mut self.done);
        if sample.data.len() < 12 || (is_start && sample.data.len() < START_SIZE) {
            return Progress::Settled;
        }
        if is_start && !*done {
            read_names(sample.data, found);
        }
        *done = true;
        if self.done == [true; 2] { Progress::Done } else { Progress::Settled }
    }
}

/// Host name and vendor string end the message, 64 bytes each.
fn read_names(data: &[u8], found: &mut Findings) -> Option<()> {
    let mut reader = Reader::new(data.get(..START_SIZE)?);
    reader.take(28)?;
    for attribute in [Attribute::PptpHostName, Attribute::PptpVendor] {
        let field = reader.take(64)?;
        let name = field.split(|byte| *byte == 0).next().filter(|name| !name.is_empty());
        if let Some(name) = name {
            found.text(attribute, name);
        }
    }
    Some(())
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "Start-Control-Connection-Request",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\0\x9c\0\x01\x1a\x2b\x3c\x4d\0\x01\0\0\x01\0\0\0\0\0\0\x03\0\0\0\x03\xff\xff\0\x01\
            local\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
            linux\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        expect: &[(Attribute::PptpHostName, "local"), (Attribute::PptpVendor, "linux")],
    },
    Example {
        title: "Outgoing-Call-Reply",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\0\x20\0\x01\x1a\x2b\x3c\x4d\0\x08\0\0\0\x80\x12\x34\x01\0\0\0\0\0\xff\xff\0\x40\0\0\0\0\0\0",
        expect: &[],
    },
];
