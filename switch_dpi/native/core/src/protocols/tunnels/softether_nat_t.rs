//! SoftEther VPN: the registration that lets clients through address translators (`Cedar`'s NAT traversal) as PACK lists over UDP.
//! Its sessions look like HTTPS.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// Sent so that the translator keeps the way open: too little to tell by.
const KEEP_ALIVE: &[u8] = b"A";
/// What the translator's service answers to a keep-alive: `IP=192.0.2.1,PORT=51383`.
const ADDRESS_ANSWER: &[u8] = b"IP=";
const PORT_PART: &[u8] = b",PORT=";
/// Elements of a PACK, and the size of a name with its zero counted.
const MAX_ELEMENTS: u32 = 1024;
const NAME_SIZES: std::ops::RangeInclusive<u32> = 2..=64;
/// int, data, string, wide string, int64.
const MAX_TYPE: u32 = 4;

/// SoftEther VPN.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "softether-nat-t",
    name: "Softether",
    selector: 1226,
    category: "vpn",
    transports: &[Transport::Udp],
    ports: &[5004],
    first_bytes: FirstBytes::Of(b"\0IA"),
    max_probe_size: 32,
    probe,
    app: "softether",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if is_address_answer(sample.data) {
        return matched(85, "address and port", sample.data.len());
    }
    if sample.data == KEEP_ALIVE {
        return Probe::NeedMore;
    }
    match pack_head(sample.data) {
        Some(size) => matched(95, "PACK with a name", size),
        None => Probe::No,
    }
}

/// `IP=`, dotted digits or colons, `,PORT=`, digits.
fn is_address_answer(data: &[u8]) -> bool {
    let Some(rest) = data.strip_prefix(ADDRESS_ANSWER) else { return false };
    let size = rest.iter().take_while(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':')).count();
    let port = rest.get(size..).and_then(|rest| rest.strip_prefix(PORT_PART));
    (2..=45).contains(&size) && port.is_some_and(|p| (1..=5).contains(&p.len()) && p.iter().all(u8::is_ascii_digit))
}

/// Count, then the first element: name, type, number of values (`Mayaqua`, Pack).
fn pack_head(data: &[u8]) -> Option<usize> {
    let mut reader = Reader::new(data);
    let count = reader.u32().filter(|count| (1..=MAX_ELEMENTS).contains(count))?;
    let name_size = reader.u32().filter(|size| NAME_SIZES.contains(size))?;
    let name = reader.take(usize::try_from(name_size).ok()?.checked_sub(1)?)?;
    let is_name = name.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_');
    let (kind, values) = (reader.u32()?, reader.u32()?);
    let fits = is_name && kind <= MAX_TYPE && (1..=MAX_ELEMENTS).contains(&values) && count <= MAX_ELEMENTS;
    fits.then(|| data.len() - reader.rest().len())
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "request for a token",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\0\0\0\x03\0\0\0\x07opcode\0\0\0\x02\0\0\0\x01\0\0\0\x09get_token\0\0\0\x08tran_id\0\0\0\x04\0\0\0\x01\x9a\x3c\x26\x84\x03\xc4\xea\x88\
            \0\0\0\x16nat_traversal_version\0\0\0\0\0\0\0\x01\0\0\0\x01",
        expect: &[],
    },
    Example {
        title: "answer to a keep-alive",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"IP=192.0.2.17,PORT=51383",
        expect: &[],
    },
];
