//! WeChat: MMTLS, its variant of TLS 1.3 (described by Citizen Lab in 2024), and the long connection of its Mars library.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Record header: kind, version, size; then a handshake message begins with its own size.
const RECORD_SIZE: usize = 5;
/// Size of all, of the header, version, command, sequence number.
const LONG_LINK_SIZE: usize = 16;
const MAX_SIZE: u32 = 1 << 20;

/// WeChat.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "wechat-mmtls",
    name: "WeChat",
    selector: 722,
    category: "messaging",
    tags: &["encrypted"],
    transports: &[Transport::Tcp],
    ports: &[8080, 80, 443],
    first_bytes: FirstBytes::Of(&[0x16, 0x19, 0x00]),
    probe,
    app: "wechat",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match sample.data.first() {
        None => Probe::NeedMore,
        Some(0) => probe_long_link(sample.data),
        Some(_) => probe_record(sample.data),
    }
}

/// A handshake record: version 0xf103 or 0xf104, and a message that fills the record.
fn probe_record(data: &[u8]) -> Probe {
    let fits = |(at, byte): (usize, &u8)| match at {
        0 => matches!(byte, 0x16 | 0x19),
        1 => *byte == 0xf1,
        2 => matches!(byte, 3 | 4),
        3 => *byte < 0x40,
        5 | 6 => *byte == 0,
        _ => true,
    };
    if !data.iter().enumerate().take(RECORD_SIZE + 2).all(fits) {
        return Probe::No;
    }
    let mut reader = Reader::new(data);
    let (Some(_kind), Some(size), Some(inner)) = (reader.u24(), reader.u16(), reader.u32()) else {
        return Probe::NeedMore;
    };
    if u32::from(size) == inner.saturating_add(4) { matched(90, "MMTLS handshake", RECORD_SIZE + 4) } else { Probe::No }
}

/// Header of 16 bytes, version 1, a command, and a sequence number (all ones for keep-alives).
fn probe_long_link(data: &[u8]) -> Probe {
    const FIXED: [Option<u8>; 10] = [Some(0), None, None, None, Some(0), Some(0x10), Some(0), Some(1), None, None];
    if !data.iter().zip(FIXED).all(|(byte, wanted)| wanted.is_none_or(|wanted| wanted == *byte)) {
        return Probe::No;
    }
    let mut reader = Reader::new(data);
    let size = reader.u32();
    let command = reader.take(4).and_then(|_| reader.u32());
    match (size, command, reader.u32()) {
        (Some(16..=MAX_SIZE), Some(1..=0xffff), Some(1..)) => matched(85, "WeChat long connection", LONG_LINK_SIZE),
        (None, ..) | (Some(16..=MAX_SIZE), _, None) => Probe::NeedMore,
        _ => Probe::No,
    }
}

const EXAMPLES: &[Example] = &[
    client("a client's hello", b"\x16\xf1\x03\x00\x20\x00\x00\x00\x1c\x01\x03\xf1\x01\xc0\x2b\xa1\xb2\xc3\xd4\xe5\xf6\x07\x18\x29\x3a\x4b\x5c\x6d\x7e\x8f\x90\xa1\xb2\xc3\xd4\xe5\xf6"),
    client("resumed", b"\x19\xf1\x04\x00\x0c\x00\x00\x00\x08\x01\x04\xf1\x01\x00\xa8\x66\x77\x17\xf1\x04\x00\x02\xaa\xbb"),
    server("keep-alive", b"\x00\x00\x00\x10\x00\x10\x00\x01\x00\x00\x00\x06\xff\xff\xff\xff"),
    client("a command", b"\x00\x00\x01\x2c\x00\x10\x00\x01\x00\x00\x00\x79\x00\x00\x00\x02\x0a\x10"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_refused() {
        for data in [
            &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"[..],
            b"\x16\xf1\x03\x00\x20\x00\x00\x00\x1d",
            b"\0\0\0\x10\0\x10\0\x02",
        ] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }
}
