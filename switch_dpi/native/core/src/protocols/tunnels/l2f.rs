//! L2F, Cisco's Layer Two Forwarding (RFC 2341), the forerunner of L2TP on the same port.

use crate::probing::answers::matched;
use crate::probing::numbers::u16_at;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// Flags and version, protocol, sequence number, multiplex id, client id, length (RFC 2341 §4.2).
const HEADER_SIZE: usize = 10;
/// F, K, P and S, eight reserved bits, C; the version is 1 (RFC 2341 §4.2.1).
const RESERVED_BITS: u16 = 0x0ff0;
const CHECKSUM_BIT: u16 = 0x0008;
/// Management, PPP, SLIP (RFC 2341 §4.2.6).
const MANAGEMENT: u8 = 1;
const SLIP: u8 = 3;
/// Management messages (RFC 2341 §4.4.1).
const MAX_MESSAGE: u8 = 7;

/// L2F.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "l2f",
    name: "L2F",
    selector: 1262,
    category: "vpn",
    risk: Some(40),
    transports: &[Transport::Udp],
    ports: &[1701],
    first_bytes: FirstBytes::Where(|byte| byte & 0x0f == 0),
    max_probe_size: HEADER_SIZE + 9,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// A management message: the length is the datagram's, less the checksum behind it.
fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let (Some(flags), Some(protocol), Some(size)) = (u16_at(data, 0), data.get(2), u16_at(data, 8)) else {
        return Probe::No;
    };
    let checksum_size = if flags & CHECKSUM_BIT == 0 { 0 } else { 2 };
    let size_fits = usize::from(size) + checksum_size == data.len();
    if flags & RESERVED_BITS != 0 || flags & 7 != 1 || !size_fits || !(MANAGEMENT..=SLIP).contains(protocol) {
        return Probe::No;
    }
    // offset and key stand before the payload when their bits are set
    let options = if flags & 0x8000 == 0 { 0 } else { 2 } + if flags & 0x4000 == 0 { 0 } else { 4 };
    match data.get(HEADER_SIZE + options) {
        Some(1..=MAX_MESSAGE) if *protocol == MANAGEMENT => matched(80, "management message", HEADER_SIZE + 1),
        _ if u16_at(sample.other, 0) == Some(flags) => matched(65, "data headers", HEADER_SIZE),
        _ => Probe::NeedMore,
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "configuration",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x10\x01\x01\0\0\0\0\0\0\x19\x01\x02\x03nas\x03\x08\x8b\x15\xc4\x9a\x3e\xd7\x60",
        expect: &[],
    },
    Example {
        title: "open, with a key",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x50\x01\x01\x01\0\0\0\x01\0\x12\x8b\x15\xc4\x9a\x02\x04\0\x05",
        expect: &[],
    },
];
