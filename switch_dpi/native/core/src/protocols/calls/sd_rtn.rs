//! SD-RTN, the network of Agora (agora.io) for calls and broadcasts: its handshakes, whose tagged values have the form of Google
//! QUIC's: a tag of four letters, a size of two bytes (little-endian), the value.

use crate::bytes::Reader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Evidence, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// Server name, peer, list of packet options: the first tag of a request or of a response.
const FIRST_TAGS: &[&[u8; 4]] = &[b"SNI\0", b"PEID", b"PROF", b"PDMD"];
const SERVER_NAME: &[u8; 4] = b"SNI\0";
/// Tags of one handshake.
const MAX_TAGS: u16 = 64;

/// SD-RTN.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sd-rtn",
    name: "SD-RTN",
    selector: 221,
    category: "conferencing",
    transports: &[Transport::Udp],
    ports: &[8130],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    inspector: Some(|| Box::new(SdRtn)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match Tags::read(sample.data).and_then(|mut tags| tags.next()) {
        Some((tag, _)) if FIRST_TAGS.contains(&tag) => {
            Probe::Match(Evidence { confidence: 95, what: "handshake with tags", offset: 0, size: 17 })
        }
        _ => Probe::No,
    }
}

/// The tags of a handshake.
struct Tags<'a> {
    reader: Reader<'a>,
}

impl<'a> Tags<'a> {
    /// Zero, the sender's number, two zeros, the type, zero, the peer's number, the count of tags (big-endian).
    fn read(data: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(data);
        let (zero, _own) = (reader.u8()?, reader.u24()?);
        let kind = reader.u24()?;
        let (_peer, count) = (reader.u32()?, reader.u16()?);
        let fits = zero == 0 && (0x20..0x30).contains(&kind) && (1..=MAX_TAGS).contains(&count);
        fits.then_some(Self { reader })
    }
}

impl<'a> Iterator for Tags<'a> {
    type Item = (&'a [u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.reader.take(4)?.first_chunk::<4>()?;
        let size = u16::from_le_bytes(self.reader.array()?);
        let there = self.reader.rest();
        let value = self.reader.take(usize::from(size)).unwrap_or(there);
        Some((tag, value))
    }
}

/// Reads the server's name of the first request.
struct SdRtn;

impl Inspector for SdRtn {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let name = Tags::read(sample.data).and_then(|mut tags| tags.find(|(tag, _)| *tag == SERVER_NAME));
        let Some((_, name)) = name else { return Progress::Settled };
        found.text(Attribute::TlsSni, name);
        Progress::Done
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "request with the server's name",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x00\x5a\x38\x4c\x00\x00\x21\x00\x00\x00\x00\x00\x02SNI\x00\x1b\x00198-51-100-90.edge.agora.ioPDMD\x00\x00",
        expect: &[(Attribute::TlsSni, "198-51-100-90.edge.agora.io")],
    },
    Example {
        title: "response",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x00\x6a\x2e\x07\x00\x00\x23\x00\x5a\x38\x4c\x00\x01PEID\x04\x00\x01\x00\x1c\x00",
        expect: &[],
    },
];
