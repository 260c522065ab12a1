//! Gadu-Gadu: packets with kind and size, little-endian; the server welcomes with a seed, the client logs in.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Kind and size, four bytes each.
const HEADER_SIZE: usize = 8;
const WELCOME: [u8; HEADER_SIZE] = [1, 0, 0, 0, 4, 0, 0, 0];
/// Log-ins of versions 8 and 10.5.
const LOGIN_80: u32 = 0x31;
const LOGIN_105: u32 = 0x83;
/// A log-in with its texts.
const MAX_LOGIN_SIZE: u32 = 1024;

/// Gadu-Gadu.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "gadu-gadu",
    name: "Gadu-Gadu",
    selector: 751,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[8074],
    first_bytes: FirstBytes::Of(&[0x01, 0x31, 0x83]),
    max_probe_size: 32,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.data.first() == Some(&1) {
        let known = sample.data.len().min(HEADER_SIZE);
        let fits = sample.data.get(..known) == WELCOME.get(..known) && sample.data.len() <= HEADER_SIZE + 4;
        return match (fits, sample.other.is_empty()) {
            (true, true) => Probe::NeedMore,
            (true, false) => probe_login(sample.other),
            (false, _) => Probe::No,
        };
    }
    if !sample.other.is_empty() && !sample.other.starts_with(&WELCOME) {
        return Probe::No;
    }
    probe_login(sample.data)
}

/// Kind, size, and the language, which is always `pl`: after the number in version 8, first in version 10.5.
fn probe_login(data: &[u8]) -> Probe {
    let mut reader = Reader::new(data);
    let (kind, size) = (reader.array().map(u32::from_le_bytes), reader.array().map(u32::from_le_bytes));
    let may_be = data.iter().enumerate().take(HEADER_SIZE).all(|(at, byte)| match at {
        0 => matches!(u32::from(*byte), LOGIN_80 | LOGIN_105),
        5 => u32::from(*byte) < MAX_LOGIN_SIZE >> 8,
        4 => true,
        _ => *byte == 0,
    });
    let language = match kind {
        _ if !may_be => return Probe::No,
        _ if size.is_none() => return Probe::NeedMore,
        Some(LOGIN_105) => reader.take(2),
        _ => reader.take(4).and_then(|_| reader.take(2)),
    };
    match language {
        Some(b"pl") if size.is_some_and(|size| size >= 40) => matched(90, "Gadu-Gadu log-in", HEADER_SIZE + 2),
        Some(_) => Probe::No,
        None => Probe::NeedMore,
    }
}

const EXAMPLES: &[Example] = &[
    client("log-in of version 8", b"\x31\x00\x00\x00\x70\x00\x00\x00\x40\xe2\x01\x00pl\x02\xa1\xb2\xc3\xd4\xe5\xf6\x07\x18\x29\x3a\x4b\x5c\x6d\x7e\x8f\x90"),
    client("log-in of version 10.5", b"\x83\x00\x00\x00\x82\x00\x00\x00pl\x00\x09123456789\x02\x14\xa1\xb2\xc3\xd4"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_welcome_waits_for_the_log_in() {
        let welcome = b"\x01\0\0\0\x04\0\0\0\xde\xad\xbe\xef";
        assert_eq!(probe(&Sample { data: welcome, ..Sample::EMPTY }), Probe::NeedMore);
        let login = EXAMPLES.first().map(|example| example.data).unwrap_or_default();
        assert!(matches!(probe(&Sample { data: login, other: welcome, ..Sample::EMPTY }), Probe::Match(_)));
        assert_eq!(probe(&Sample { data: b"\x31\0\0\0\x70\0\0\0\0\0\0\0en", ..Sample::EMPTY }), Probe::No);
    }
}
