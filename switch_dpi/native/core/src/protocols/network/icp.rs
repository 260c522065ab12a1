//! ICP version 2, between caches (RFC 2186).

use crate::probing::answers::matched;
use crate::probing::numbers::u16_at;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// Opcode, version, length, request number, options, option data, sender (RFC 2186, "ICP Message Format").
const HEADER_SIZE: usize = 20;
const VERSION: u8 = 2;
const QUERY: u8 = 1;
/// The shortest that says anything.
const MIN_URL_SIZE: usize = 4;
/// Opcodes: 1 to 4, 10 to 13 and 21 to 23.
const OPCODES: &[u8] = &[1, 2, 3, 4, 10, 11, 12, 13, 21, 22, 23];

/// ICP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "icp",
    name: "ICP",
    selector: 1231,
    category: "network",
    transports: &[Transport::Udp],
    ports: &[3130],
    first_bytes: FirstBytes::Of(OPCODES),
    max_probe_size: HEADER_SIZE,
    probe,
    inspector: Some(|| Box::<Icp>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// The length is the datagram's, the options are the two that are defined, and a URL of text with a zero byte ends it.
fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let (Some([opcode, VERSION, ..]), Some(size)) = (data.first_chunk::<HEADER_SIZE>(), u16_at(data, 2)) else {
        return Probe::No;
    };
    let options_fit = data.get(8..12).is_some_and(|options| matches!(options, [0x00 | 0x40 | 0x80 | 0xc0, 0, 0, 0]));
    let size_fits = usize::from(size) == data.len();
    if OPCODES.contains(opcode) && size_fits && options_fit && url(data).is_some() {
        matched(95, "ICP header", HEADER_SIZE)
    } else {
        Probe::No
    }
}

/// A query has the requester's address before it, a hit may have the object behind it.
fn url(data: &[u8]) -> Option<&[u8]> {
    let start = if data.first() == Some(&QUERY) { HEADER_SIZE + 4 } else { HEADER_SIZE };
    let field = data.get(start..)?;
    let url = field.get(..field.iter().position(|byte| *byte == 0)?)?;
    (url.len() >= MIN_URL_SIZE && url.iter().all(|byte| matches!(byte, b' '..=b'~'))).then_some(url)
}

/// Reads the URL.
#[derive(Debug, Default)]
struct Icp;

impl Inspector for Icp {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if let Some(url) = url(sample.data) {
            found.text(Attribute::IcpUrl, url);
        }
        Progress::Done
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "query",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x01\x02\0\x30\0\0\0\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0http://www.example.org/\0",
        expect: &[(Attribute::IcpUrl, "http://www.example.org/")],
    },
    Example {
        title: "miss",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x03\x02\0\x2c\0\0\0\x07\0\0\0\0\0\0\0\0\0\0\0\0http://www.example.org/\0",
        expect: &[(Attribute::IcpUrl, "http://www.example.org/")],
    },
];
