//! QQ's old protocol, OICQ: packets between a fixed first and last byte, over UDP, and over TCP behind their size.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const FIRST: u8 = 0x02;
const LAST: u8 = 0x03;
/// First byte, version, command, sequence number, QQ number.
const HEADER_SIZE: usize = 11;
/// QQ numbers begin here.
const MIN_NUMBER: u32 = 10_000;

/// OICQ.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "oicq",
    name: "QQ",
    selector: 723,
    category: "messaging",
    tags: &["encrypted"],
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[8000, 4000],
    first_bytes: FirstBytes::Where(|byte| byte < 0x08),
    max_probe_size: 2048,
    probe,
    app: "qq",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// What stays the same in a flow.
#[derive(PartialEq, Eq)]
struct Header {
    version: u16,
    number: u32,
}

/// First byte, version, a known command, a sequence number, a QQ number.
fn read_header(data: &[u8]) -> Option<Header> {
    let mut reader = Reader::new(data);
    let first = reader.u8()?;
    let (version, command, _sequence) = (reader.u16()?, reader.u16()?, reader.u16()?);
    let number = reader.u32()?;
    let is_known = matches!(command, 0x0001..=0x0127) && matches!(version >> 8, 0x05..=0x40);
    (first == FIRST && is_known && (number == 0 || number >= MIN_NUMBER)).then_some(Header { version, number })
}

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.transport.is_stream() { probe_stream(sample.data) } else { probe_datagram(sample) }
}

fn probe_datagram(sample: &Sample<'_>) -> Probe {
    let Some(header) = read_header(sample.data).filter(|_| sample.data.last() == Some(&LAST)) else { return Probe::No };
    let goes_on = [sample.other, sample.reverse].into_iter().filter_map(read_header).any(|other| other == header);
    if goes_on { matched(85, "two OICQ packets", HEADER_SIZE) } else { Probe::NeedMore }
}

fn probe_stream(data: &[u8]) -> Probe {
    let fits = |(at, byte): (usize, &u8)| match at {
        0 => *byte < 8,
        2 => *byte == FIRST,
        3 => matches!(byte, 0x05..=0x40),
        5 => *byte <= 1,
        _ => true,
    };
    if !data.iter().enumerate().take(6).all(fits) {
        return Probe::No;
    }
    let mut reader = Reader::new(data);
    let Some(size) = reader.u16().map(usize::from) else { return Probe::NeedMore };
    match data.get(..size) {
        _ if size <= HEADER_SIZE + 2 => Probe::No,
        None => Probe::NeedMore,
        Some(packet) if packet.last() == Some(&LAST) && read_header(reader.rest()).is_some() => {
            matched(70, "OICQ packet", HEADER_SIZE + 2)
        }
        Some(_) => Probe::No,
    }
}

const EXAMPLES: &[Example] = &[
    client("log-in over TCP", b"\x00\x20\x02\x15\x51\x00\x22\x12\x34\x01\x23\x45\x67\xa1\xb2\xc3\xd4\xe5\xf6\x07\x18\x29\x3a\x4b\x5c\x6d\x7e\x8f\x90\xa1\xb2\x03"),
    server("keep-alive over TCP", b"\x00\x14\x02\x15\x51\x00\x02\x12\x35\x01\x23\x45\x67\xa1\xb2\xc3\xd4\xe5\xf6\x03"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_of_one_number_decide() {
        let sample = |data, reverse| Sample { transport: Transport::Udp, data, reverse, ..Sample::EMPTY };
        let (asks, answers) = (
            b"\x02\x15\x51\x00\x22\x12\x34\x01\x23\x45\x67\xa1\x03",
            b"\x02\x15\x51\x00\x22\x12\x34\x01\x23\x45\x67\xb2\x03",
        );
        assert_eq!(probe(&sample(asks, b"")), Probe::NeedMore);
        assert!(matches!(probe(&sample(answers, asks)), Probe::Match(_)));
        assert_eq!(probe(&sample(&asks[..12], b"")), Probe::No);
    }
}
