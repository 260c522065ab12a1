//! HIP, the Host Identity Protocol (RFC 7401): IP protocol 139, and over UDP behind a zero SPI (RFC 5770 §5.1).

use crate::probing::answers::matched;
use crate::protocol::{Descriptor, Direction, Example, Probe, Sample, Transport};

/// Next header, length, type, version, checksum, controls, two identity tags (RFC 7401 §5.1).
const HEADER_SIZE: usize = 40;
/// Behind four zero bytes where ESP has its SPI.
const MARKER: &[u8] = &[0; 4];
/// I1 to R2, UPDATE, NOTIFY, CLOSE and its answer.
const TYPES: &[u8] = &[1, 2, 3, 4, 16, 17, 18, 19];
/// Tags begin with ORCHID's prefix: 2001:10::/28 or 2001:20::/28 (RFC 4843, RFC 7343).
const ORCHID: &[u8] = b"\x20\x01\0";

/// HIP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "hip",
    name: "HIP",
    selector: 1264,
    category: "vpn",
    risk: Some(40),
    transports: &[Transport::Ip(139), Transport::Udp],
    ports: &[10500],
    max_probe_size: HEADER_SIZE + MARKER.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.transport == Transport::Udp {
        let message = sample.data.strip_prefix(MARKER);
        return if message.is_some_and(is_message) {
            matched(95, "HIP header", HEADER_SIZE + MARKER.len())
        } else {
            Probe::No
        };
    }
    if is_message(sample.data) { matched(100, "IP protocol 139", HEADER_SIZE) } else { Probe::No }
}

/// The length counts words of eight bytes without the first; the version is 1 or 2, with the bits that tell shim6 apart.
fn is_message(data: &[u8]) -> bool {
    let [_, words, kind, version, ..] = *data.first_chunk::<HEADER_SIZE>().unwrap_or(&[0; HEADER_SIZE]);
    let size_fits = (usize::from(words) + 1) * 8 == data.len();
    let has_tags = data.get(8..).is_some_and(|tag| tag.starts_with(ORCHID));
    size_fits && TYPES.contains(&(kind & 0x7f)) && matches!(version, 0x11 | 0x21) && has_tags
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "I1",
        transport: Transport::Ip(139),
        direction: Direction::Originator,
        data: b"\x3b\x04\x01\x21\x8b\x15\0\0\x20\x01\0\x21\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x20\x01\0\x21\x94\x27\x6d\xaf\x18\xca\x73\x05\xde\x42\x99\x6b",
        expect: &[],
    },
    Example {
        title: "NOTIFY over UDP",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\0\0\0\0\x3b\x04\x11\x21\0\0\0\0\x20\x01\0\x21\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x20\x01\0\x21\x94\x27\x6d\xaf\x18\xca\x73\x05\xde\x42\x99\x6b",
        expect: &[],
    },
];
