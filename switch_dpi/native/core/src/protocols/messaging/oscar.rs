//! OSCAR, of AIM and ICQ: FLAP frames (a mark, a channel, a sequence number, a size) and the SNACs in them.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const MARK: u8 = 0x2a;
/// Mark, channel, sequence number, size.
const HEADER_SIZE: usize = 6;
/// Services with a number of two bytes; feedbag (0x13) and ICQ's (0x15) are among them.
const MAX_FAMILY: u16 = 0x25;

/// OSCAR.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "oscar",
    name: "OSCAR",
    selector: 750,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[5190],
    first_bytes: FirstBytes::Of(&[MARK]),
    max_probe_size: 2048,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let mut reader = Reader::new(sample.data);
    let (mark, channel, _sequence, size) = (reader.u8(), reader.u8(), reader.u16(), reader.u16());
    let is_frame = mark.is_none_or(|mark| mark == MARK) && channel.is_none_or(|channel| matches!(channel, 1..=5));
    let Some(size) = size else { return if is_frame { Probe::NeedMore } else { Probe::No } };
    match channel {
        _ if !is_frame => Probe::No,
        Some(1) => probe_hello(reader.rest(), size),
        Some(2) => probe_snac(sample.data, reader, size),
        _ => Probe::No,
    }
}

/// Channel 1 begins with version 1 in four bytes.
fn probe_hello(body: &[u8], size: u16) -> Probe {
    const VERSION: &[u8] = &[0, 0, 0, 1];
    match body.get(..VERSION.len()) {
        _ if size < 4 || !VERSION.starts_with(body.get(..body.len().min(4)).unwrap_or_default()) => Probe::No,
        Some(_) => matched(90, "FLAP hello", HEADER_SIZE + VERSION.len()),
        None => Probe::NeedMore,
    }
}

/// Channel 2: service, kind, flags, request; then another frame with the next number.
fn probe_snac(data: &[u8], mut reader: Reader<'_>, size: u16) -> Probe {
    let (family, kind, flags) = (reader.u16(), reader.u16(), reader.u16());
    let fits = family.is_none_or(|family| matches!(family, 1..=MAX_FAMILY)) && kind.is_none_or(|kind| kind < 0x100);
    if !fits || size < 10 || flags.is_some_and(|flags| flags & 0x7ffe != 0) {
        return Probe::No;
    }
    match data.get(HEADER_SIZE + usize::from(size)..).and_then(|rest| rest.get(..2)) {
        Some([MARK, 1..=5]) => matched(80, "two FLAP frames", HEADER_SIZE + 10),
        Some(_) => Probe::No,
        None if data.len() == HEADER_SIZE + usize::from(size) => {
            matched(70, "FLAP frame with a SNAC", HEADER_SIZE + 10)
        }
        None => Probe::NeedMore,
    }
}

const EXAMPLES: &[Example] = &[
    server("a server's hello", b"\x2a\x01\x19\x8a\x00\x04\x00\x00\x00\x01"),
    client(
        "a client's hello with its cookie",
        b"\x2a\x01\x00\x01\x00\x0e\x00\x00\x00\x01\x00\x06\x00\x06\xa1\xb2\xc3\xd4\xe5\xf6",
    ),
    server(
        "services are offered",
        b"\x2a\x02\x19\x8b\x00\x10\x00\x01\x00\x03\x00\x00\x80\x2e\x7d\x10\x00\x01\x00\x02\x00\x03",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imap_and_other_stars_are_refused() {
        for data in [
            &b"* OK ready\r\n"[..],
            b"*2\r\n$3\r\n",
            b"\x2a\x01\0\x01\0\x04\0\0\0\x02",
            b"\x2a\x02\0\x01\0\x10\x77\x77",
        ] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }
}
