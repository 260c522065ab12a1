//! RustDesk: the rendezvous messages in clear (`rendezvous.proto` of rustdesk/hbb_common), over UDP and, with a size before them, over
//! TCP. Sessions themselves are encrypted.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// First byte of a length-delimited field: number and wire type 2.
const REGISTER_PEER: u8 = 6 << 3 | 2;
const REGISTER_KEY: u8 = 15 << 3 | 2;
/// Fields above 15 take two bytes: 22, local discovery.
const DISCOVERY: [u8; 2] = [0xb2, 0x01];
/// Field 1 of each of them, length-delimited.
const FIRST_FIELD: u8 = 0x0a;
/// Ids have nine digits, or ten.
const ID_SIZES: std::ops::RangeInclusive<usize> = 9..=10;

/// RustDesk.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rustdesk-rendezvous",
    name: "RustDesk",
    selector: 1249,
    category: "remote-access",
    transports: &[Transport::Udp],
    ports: &[21116, 21119],
    first_bytes: FirstBytes::Of(&[REGISTER_PEER, REGISTER_KEY, DISCOVERY[0]]),
    max_probe_size: 32,
    probe,
    app: "rustdesk",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match read(sample.data) {
        Some(true) => matched(90, "registration of an id", 16),
        Some(false) => matched(95, "local discovery", 10),
        None => Probe::No,
    }
}

/// The message fills the datagram; its first field is the id, or `ping` or `pong`. Tells whether it is a registration.
fn read(data: &[u8]) -> Option<bool> {
    let is_discovery = data.starts_with(&DISCOVERY);
    if !is_discovery && !matches!(data.first(), Some(&(REGISTER_PEER | REGISTER_KEY))) {
        return None;
    }
    let mut reader = Reader::new(data.get(if is_discovery { 2 } else { 1 }..)?);
    let low = reader.u8()?;
    let size = if low & 0x80 == 0 { u32::from(low) } else { u32::from(low & 0x7f) | u32::from(reader.u8()?) << 7 };
    if usize::try_from(size).ok()? != reader.rest().len() || reader.u8()? != FIRST_FIELD {
        return None;
    }
    let text = reader.vector8()?;
    let is_id = ID_SIZES.contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    match (is_discovery, text) {
        (true, b"ping" | b"pong") => Some(false),
        (false, _) if is_id => Some(true),
        _ => None,
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "registration",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x32\x0d\x0a\x09123456789\x10\x01",
        expect: &[],
    },
    Example {
        title: "registration of a key",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x7a\x1b\x0a\x09123456789\x12\x08\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x1a\x04\x51\x0c\xb8\xe3",
        expect: &[],
    },
    Example {
        title: "local discovery",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\xb2\x01\x11\x0a\x04ping\x1a\x09123456789",
        expect: &[],
    },
];
