//! Zoom's own transport of meetings (as measured by Michel et al., "Enabling Passive Measurement of Zoom Performance in Production
//! Networks", IMC 2022): the handshake with its relays, RTP behind two headers of its own, and the greeting between two peers.

use crate::bytes::Reader;
use crate::protocol::{Descriptor, Direction, Evidence, Example, FirstBytes, Probe, Sample, Transport};

/// Type and version of a relay's handshake: the client's and the relay's.
const HELLO: [[u8; 3]; 2] = [[1, 0, 3], [2, 0, 3]];
/// Behind type and version stands what names the session, in both directions alike.
const SESSION_SIZE: usize = 16;
/// Behind the session of a client's hello.
const HELLO_TAIL: [u8; 8] = [0, 0, 0, 0, 0, 0, 0, 2];
/// Type of a relay's packet that carries media.
const MEDIA: u8 = 5;
/// Header between relay and client, before the media's.
const RELAY_HEADER_SIZE: usize = 8;
/// Begins the greeting between two peers: type, version, and the directions of it.
const PEER_HELLO: [u8; 4] = [0x1f, 2, 1, 0];
/// An address as text and an identifier (RFC 9562) as text, each behind its size.
const IDENTIFIER_SIZE: u32 = 36;

/// Zoom's media.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "zoom-media",
    name: "Zoom",
    selector: 222,
    category: "conferencing",
    tags: &["encrypted"],
    app: "zoom",
    transports: &[Transport::Udp],
    ports: &[8801, 8802, 8803, 8804, 8805, 8806, 8807, 8808, 8809, 8810],
    first_bytes: FirstBytes::Of(&[1, 2, MEDIA, 0x1f]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    match data.first() {
        Some(1 | 2) => probe_hello(sample),
        Some(&MEDIA) => probe_media(sample),
        Some(0x1f) if data.starts_with(&PEER_HELLO) => probe_peer(data),
        _ => Probe::No,
    }
}

fn probe_hello(sample: &Sample<'_>) -> Probe {
    let is_hello = |data: &[u8]| HELLO.iter().any(|start| data.starts_with(start));
    let session = |data: &[u8]| data.get(3..3 + SESSION_SIZE).map(<[u8]>::to_vec);
    if !is_hello(sample.data) {
        return Probe::No;
    }
    let tail = sample.data.get(3 + SESSION_SIZE..).unwrap_or_default();
    let is_answered = is_hello(sample.reverse)
        && sample.reverse.first() != sample.data.first()
        && session(sample.data).is_some_and(|own| session(sample.reverse) == Some(own));
    if is_answered {
        return matched(95, "hello and answer of one session", 3 + SESSION_SIZE);
    }
    match sample.data.first() {
        Some(1) if tail.starts_with(&HELLO_TAIL) => {
            matched(90, "hello to a relay", 3 + SESSION_SIZE + HELLO_TAIL.len())
        }
        Some(2) if tail.first() == Some(&0) && tail.len() > 16 => Probe::NeedMore,
        _ => Probe::No,
    }
}

/// RTP behind the relay's and the media's header; the source must be that of the datagram before.
fn probe_media(sample: &Sample<'_>) -> Probe {
    let Some(source) = rtp_source(sample.data) else { return Probe::No };
    match rtp_source(sample.other) {
        Some(before) if before == source => {
            matched(80, "two RTP headers of one source behind Zoom's", RELAY_HEADER_SIZE)
        }
        _ => Probe::NeedMore,
    }
}

/// Kind and source of the RTP inside: where it begins depends on the kind of the media.
fn rtp_source(data: &[u8]) -> Option<(u8, u32)> {
    const SOURCE_OFFSET: usize = 8; // RFC 3550 §5.1
    if data.first() != Some(&MEDIA) {
        return None;
    }
    let kind = *data.get(RELAY_HEADER_SIZE)?;
    let header_size = match kind {
        13 => 27, // screen
        15 => 19, // sound
        16 => 24, // picture
        _ => return None,
    };
    let rtp = data.get(RELAY_HEADER_SIZE + header_size..)?;
    let version = rtp.first()? >> 6;
    let source = Reader::new(rtp.get(SOURCE_OFFSET..)?).u32()?;
    (version == 2 && source != 0).then_some((kind, source))
}

fn probe_peer(data: &[u8]) -> Probe {
    let mut reader = Reader::new(data);
    let mut fits = || {
        reader.take(PEER_HELLO.len() + 6 + 4 + 4 + 4)?; // directions, a number, a kind, a time
        reader.take(2)?;
        let size = reader.u32().filter(|size| (3..=45).contains(size))?;
        let address = reader.take(size as usize)?;
        let is_address = address.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':'));
        (is_address && reader.u32()? == IDENTIFIER_SIZE).then_some(())
    };
    match fits() {
        Some(()) => matched(95, "greeting between peers", PEER_HELLO.len()),
        None => Probe::NeedMore,
    }
}

fn matched(confidence: u8, what: &'static str, size: usize) -> Probe {
    Probe::Match(Evidence { confidence, what, offset: 0, size: u16::try_from(size).unwrap_or(u16::MAX) })
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "hello to a relay",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x01\x00\x030123456789abcdef\x00\x00\x00\x00\x00\x00\x00\x02\x00\x10\x20\x30\x00\x10\x20\x30\x00\x00\x00\x40\x91",
        expect: &[],
    },
    Example {
        title: "greeting between peers",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x1f\x02\x01\x00\x08\x00\x01\x00\x04\x00\x5c\x9b\x63\x7b\x00\x00\x00\x64\x00\x00\x00\x62\xa0\x4c\x00\x00\x00\x0a192.0.2.10\x00\x00\x00\x24AF05D588-0000-4000-8000-123456789ABC",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_must_name_the_session_asked_for() {
        let hello = EXAMPLES[0].data;
        let mut answer = hello.to_vec();
        answer[0] = 2;
        let base =
            Sample { transport: Transport::Udp, direction: Direction::Responder, reverse: hello, ..Sample::EMPTY };
        assert!(matches!(probe(&Sample { data: &answer, ..base }), Probe::Match(_)));
        answer[5] ^= 1;
        assert_eq!(probe(&Sample { data: &answer, ..base }), Probe::NeedMore);
    }

    #[test]
    fn media_must_come_from_one_source() {
        let media = |source: u8| {
            let mut data = vec![MEDIA, 0, 1, 0, 0, 0, 0, 0, 15];
            data.resize(RELAY_HEADER_SIZE + 19, 0);
            data.extend([0x80, 99, 0, 1, 0, 0, 0, 1, 0, 0, 1, source]);
            data
        };
        let (one, other) = (media(1), media(2));
        let base = Sample { transport: Transport::Udp, data: &one, ..Sample::EMPTY };
        assert!(matches!(probe(&Sample { other: &one, ..base }), Probe::Match(_)));
        assert_eq!(probe(&Sample { other: &other, ..base }), Probe::NeedMore);
    }
}
