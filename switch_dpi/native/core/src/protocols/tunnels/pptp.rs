//! PPTP's control connection (RFC 2637); the frames themselves go in enhanced GRE beside it, which its calls announce.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::probing::numbers::u16_at;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Expectation, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// RFC 2637 §2.
const MAGIC: &[u8] = b"\x1a\x2b\x3c\x4d";
/// The first two messages are the longest (RFC 2637 §2.1, §2.2).
const START_SIZE: usize = 156;
/// Length, type, magic cookie, control message type, zero.
const HEADER_SIZE: usize = 12;
/// Control messages: who begins, and the calls (RFC 2637 §2.7 to §2.11).
const STARTS: [u16; 2] = [1, 2];
const CALLS: std::ops::RangeInclusive<u16> = 7..=11;
/// Messages read of each end: a call is set up within these.
const MAX_MESSAGES: u8 = 8;

/// PPTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "pptp",
    name: "PPTP",
    selector: 1206,
    category: "vpn",
    risk: Some(80),
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
    let kind_fits = begins(kind, &[0, 1]) != Beginning::Other || begins(kind, &[0, 2]) != Beginning::Other;
    if !matches!(head, [] | [0] | [0, 12..=220]) || !kind_fits || begins(magic, MAGIC) == Beginning::Other {
        return Probe::No;
    }
    match u16_at(sample.data, 8) {
        Some(1..=15) => matched(100, "magic cookie", 10),
        Some(_) => Probe::No,
        None => Probe::NeedMore,
    }
}

/// Reads who begins, and what is called.
#[derive(Debug, Default)]
struct Pptp {
    positions: [usize; 2],
    messages: [u8; 2],
}

impl Inspector for Pptp {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let (position, messages) = (sample.direction.of(&mut self.positions), sample.direction.of(&mut self.messages));
        while *messages < MAX_MESSAGES
            && let Some(rest) = sample.data.get(*position..)
            && let Some(size) = u16_at(rest, 0).map(usize::from)
            && let Some(message) = rest.get(..size.max(HEADER_SIZE))
        {
            match u16_at(message, 8) {
                _ if message.get(4..8) != Some(MAGIC) => *messages = MAX_MESSAGES,
                Some(kind) if STARTS.contains(&kind) => drop(read_names(message, found)),
                Some(kind) if CALLS.contains(&kind) => expect_frames(found),
                _ => {}
            }
            *position = position.saturating_add(message.len());
            *messages = messages.saturating_add(1);
        }
        if self.messages.iter().all(|count| *count >= MAX_MESSAGES) { Progress::Done } else { Progress::Settled }
    }
}

/// Enhanced GRE has no ports, and call numbers are each end's own (RFC 2637 §4.1): it is between the same two addresses, of which
/// the client's tells it from the server's other clients.
fn expect_frames(found: &mut Findings) {
    let (transport, by) = (Transport::Ip(47), Direction::Originator);
    found.expect(Expectation { transport, address: None, by, port: 0, protocol: "gre" });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_announces_the_frames_beside_it() {
        let (mut pptp, mut found) = (Pptp::default(), Findings::default());
        let [start, reply] = [EXAMPLES[0].data, EXAMPLES[1].data];
        let both = [start, reply].concat();
        for end in 0..=both.len() {
            pptp.feed(&Sample { data: &both[..end], ..Sample::EMPTY }, &mut found);
            assert_eq!(found.take_expected().len(), usize::from(end == both.len()));
        }
    }
}
