//! X11: connection setup (X Window System Protocol, release 6.8, section 8).

use crate::probing::answers::matched;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// Byte order, pad, major and minor version, sizes of the authorisation's name and data, pad.
const SETUP_SIZE: usize = 12;
/// Success or failure, reason's size, versions, size of the rest.
const REPLY_SIZE: usize = 8;
/// `MIT-MAGIC-COOKIE-1`, `XDM-AUTHORIZATION-1`, `SUN-DES-1` and a Kerberos name fit.
const MAX_AUTHORISATION_SIZE: u16 = 256;

/// X11.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "x11",
    name: "X11",
    selector: 1245,
    category: "remote-access",
    risk: Some(80),
    transports: &[Transport::Tcp],
    ports: &[6000, 6001, 6010],
    first_bytes: FirstBytes::Of(&[b'B', b'l', 0, 1]),
    max_probe_size: SETUP_SIZE,
    probe,
    inspector: Some(|| Box::<X11>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match sample.data.first() {
        None => Probe::NeedMore,
        Some(b'B') => probe_setup(sample.data, u16::from_be_bytes),
        Some(b'l') => probe_setup(sample.data, u16::from_le_bytes),
        Some(_) => probe_reply(sample),
    }
}

type ReadU16 = fn([u8; 2]) -> u16;

/// Whether each number that has arrived fits; the first half of one is not judged.
fn number(data: &[u8], at: usize, read: ReadU16, fits: impl Fn(u16) -> bool) -> bool {
    data.get(at..at + 2).and_then(|bytes| bytes.first_chunk()).is_none_or(|bytes| fits(read(*bytes)))
}

fn probe_setup(data: &[u8], read: ReadU16) -> Probe {
    let fits = data.get(1).is_none_or(|pad| *pad == 0)
        && number(data, 2, read, |major| major == 11)
        && number(data, 4, read, |minor| minor == 0)
        && number(data, 6, read, |size| size <= MAX_AUTHORISATION_SIZE)
        && number(data, 8, read, |size| size <= MAX_AUTHORISATION_SIZE)
        && number(data, 10, read, |pad| pad == 0);
    match fits {
        false => Probe::No,
        true if data.len() >= SETUP_SIZE => matched(98, "connection setup", SETUP_SIZE),
        true => Probe::NeedMore,
    }
}

/// A server's answer is believed when the setup was seen: its byte order is that of the client.
fn probe_reply(sample: &Sample<'_>) -> Probe {
    let read = match sample.other.first() {
        Some(b'l') => u16::from_le_bytes,
        Some(b'B') => u16::from_be_bytes,
        _ => return Probe::No,
    };
    let data = sample.data;
    let fits = matches!(data.first(), Some(0 | 1))
        && number(data, 2, read, |major| major == 11)
        && number(data, 4, read, |minor| minor == 0);
    match fits && !matches!(probe_setup(sample.other, read), Probe::No) {
        false => Probe::No,
        true if data.len() >= REPLY_SIZE => matched(90, "answer to a connection setup", REPLY_SIZE),
        true => Probe::NeedMore,
    }
}

/// Tells the version.
#[derive(Debug, Default)]
struct X11;

impl Inspector for X11 {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if matches!(sample.data, [b'B' | b'l', ..]) && sample.data.len() >= SETUP_SIZE {
            found.text(Attribute::X11Version, b"11.0");
            return Progress::Done;
        }
        Progress::Settled
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "little-endian with a cookie",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"l\0\x0b\0\0\0\x12\0\x10\0\0\0MIT-MAGIC-COOKIE-1\0\0\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf",
        expect: &[(Attribute::X11Version, "11.0")],
    },
    Example {
        title: "big-endian without authorisation",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"B\0\0\x0b\0\0\0\0\0\0\0\0",
        expect: &[(Attribute::X11Version, "11.0")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_believed_after_the_setup() {
        let answer = b"\x01\0\x0b\0\0\0\x20\x01";
        let sample = Sample { data: answer, other: EXAMPLES[0].data, ..Sample::EMPTY };
        assert!(matches!(probe(&sample), Probe::Match(_)));
        assert_eq!(probe(&Sample { other: EXAMPLES[1].data, ..sample }), Probe::No);
        assert_eq!(probe(&Sample { other: b"", ..sample }), Probe::No);
    }
}
