//! RTMP (Adobe's RTMP 1.0 §5): the handshake, and the address of the connect command.
//!
//! A handshake is a version byte and 1536 bytes: a time, four zeros (or a version, where the digest form is used), and random
//! bytes; what then comes back repeats those, which no other protocol does.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::{client, server};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// Version byte, time, zeros.
const HEAD_SIZE: usize = 9;
/// C0 and C1, or S0 and S1.
const HELLO_SIZE: usize = 1537;
/// Random bytes that must be there before four zeros are believed.
const MIN_RANDOM_SIZE: usize = 64;
/// The connect command stands behind C2; its chunks end soon after.
const MAX_COMMAND_SIZE: usize = 8192;
/// Plain, and the forms of RTMPE.
const VERSIONS: &[u8] = &[3, 6, 8, 9];

/// RTMP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rtmp",
    name: "RTMP",
    selector: 711,
    category: "streaming-protocol",
    transports: &[Transport::Tcp],
    ports: &[1935],
    first_bytes: FirstBytes::Of(VERSIONS),
    max_probe_size: HELLO_SIZE + 64,
    probe,
    inspector: Some(|| Box::<Rtmp>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let Some(version) = sample.data.first() else { return Probe::NeedMore };
    if !VERSIONS.contains(version) || sample.other.first().is_some_and(|byte| !VERSIONS.contains(byte)) {
        return Probe::No;
    }
    if repeats(sample.data, sample.other) || repeats(sample.other, sample.data) {
        return matched(100, "RTMP handshake that was answered", HELLO_SIZE);
    }
    let zeros = sample.data.get(5..).unwrap_or_default();
    let is_plain = *version == 3 && zeros.iter().take(4).all(|byte| *byte == 0);
    if is_plain && sample.data.len() >= HEAD_SIZE + MIN_RANDOM_SIZE && is_mixed(sample.data) {
        return matched(80, "RTMP handshake", HEAD_SIZE);
    }
    if sample.data.len() >= HELLO_SIZE && sample.other.len() >= HELLO_SIZE { Probe::No } else { Probe::NeedMore }
}

/// Whether `reply` goes on, behind its own hello, with the random bytes of `hello`.
fn repeats(reply: &[u8], hello: &[u8]) -> bool {
    const COMPARED: usize = 32;
    let echoed = reply.get(HELLO_SIZE + HEAD_SIZE - 1..).and_then(|rest| rest.get(..COMPARED));
    let sent = hello.get(HEAD_SIZE..HEAD_SIZE + COMPARED);
    echoed.is_some() && echoed == sent
}

/// Whether random bytes follow the zeros: text and runs of one byte do not count.
fn is_mixed(data: &[u8]) -> bool {
    let random = data.get(HEAD_SIZE..HEAD_SIZE + MIN_RANDOM_SIZE).unwrap_or_default();
    let mut seen = [0_u64; 4];
    for byte in random {
        if let Some(word) = seen.get_mut(usize::from(byte >> 6)) {
            *word |= 1 << (byte & 63);
        }
    }
    seen.iter().map(|word| word.count_ones()).sum::<u32>() >= 24 && seen.iter().all(|word| *word != 0)
}

/// Reads tcUrl of the connect command (§7.2.1.1).
#[derive(Debug, Default)]
struct Rtmp;

impl Inspector for Rtmp {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        const CONNECT: usize = 2 * HELLO_SIZE - 1;
        if sample.direction == Direction::Responder {
            return Progress::Settled;
        }
        let command = sample.data.get(CONNECT..).unwrap_or_default();
        let Some(url) = find_url(command) else {
            return if command.len() > MAX_COMMAND_SIZE { Progress::Done } else { Progress::Settled };
        };
        found.text(Attribute::RtmpUrl, url);
        if let Some(host) = host_of(url) {
            found.set_host(host);
        }
        Progress::Done
    }
}

/// The string of the property `tcUrl` (AMF 0 §2.4): it fits in the first chunk of usual sizes.
fn find_url(command: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"\x00\x05tcUrl\x02";
    let at = command.windows(NAME.len()).position(|window| window == NAME)?;
    let url = Reader::new(command.get(at + NAME.len()..)?).vector16()?;
    url.iter().all(u8::is_ascii_graphic).then_some(url)
}

fn host_of(url: &[u8]) -> Option<&[u8]> {
    let at = url.windows(3).position(|window| window == b"://")?;
    let host = url.get(at + 3..)?.split(|byte| matches!(byte, b'/' | b':')).next()?;
    (host.iter().any(u8::is_ascii_alphabetic) && host.contains(&b'.')).then_some(host)
}

const RANDOM: &[u8] = b"\x9e\x37\x79\xb9\x7f\x4a\x7c\x15\xf3\x9c\xc0\x60\x5c\xed\xc8\x34\x10\x82\x27\x6b\xf3\xa2\x72\x51\xf8\x6c\x6a\x11\xd0\xc1\x8e\x95\x27\x67\xf0\xb1\x53\xd2\x7b\x7f\x03\x47\x04\x5b\x5b\xf1\x82\x7f\x01\x88\x6f\x09\x28\x40\x30\x02\xc1\xd6\x4b\xa4\x0f\x33\x5e\x36";

/// A version byte, a time, zeros, and the first random bytes.
const fn hello<const TIME: u8>() -> [u8; HEAD_SIZE + MIN_RANDOM_SIZE] {
    let mut bytes = [0; HEAD_SIZE + MIN_RANDOM_SIZE];
    let (head, random) = bytes.split_at_mut(HEAD_SIZE);
    head.copy_from_slice(&[3, 0, TIME, 0x21, 0x07, 0, 0, 0, 0]);
    random.copy_from_slice(RANDOM);
    bytes
}

const EXAMPLES: &[Example] = &[client("a client's hello", &hello::<0>()), server("a server's hello", &hello::<7>())];

#[cfg(test)]
mod tests {
    use super::*;

    fn whole_hello(version: u32) -> Vec<u8> {
        let mut bytes = vec![3, 0, 0, 0, 9];
        bytes.extend(version.to_be_bytes());
        bytes.extend((0..1528_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8));
        bytes
    }

    #[test]
    fn a_repeated_hello_is_known_whatever_its_version() {
        let hello = whole_hello(0x8000_0702);
        let mut reply = whole_hello(0x0d0e_0a0d);
        assert_eq!(probe(&Sample { data: &hello, ..Sample::EMPTY }), Probe::NeedMore);
        reply.extend(&hello[1..]);
        assert!(matches!(probe(&Sample { data: &reply, other: &hello, ..Sample::EMPTY }), Probe::Match(_)));
    }

    #[test]
    fn the_address_of_the_connect_command_is_found() {
        let mut data = whole_hello(0);
        data.extend([0; 1536]);
        data.extend(b"\x03\0\0\0\0\0\x40\x14\0\0\0\0\x02\0\x07connect\0\x3f\xf0\0\0\0\0\0\0\x03\0\x05tcUrl\x02\0\x1drtmp://live.example.org/stream");
        let mut found = Findings::default();
        assert_eq!(Rtmp.feed(&Sample { data: &data, ..Sample::EMPTY }, &mut found), Progress::Done);
        assert_eq!(found.host(), Some("live.example.org"));
    }

    #[test]
    fn packets_of_iso_transport_are_left_alone() {
        let mut data = b"\x03\x00\x00\x13\x0e\x00\x00\x00\x00".to_vec();
        data.extend([0; 80]);
        assert_eq!(probe(&Sample { data: &data, ..Sample::EMPTY }), Probe::NeedMore);
        assert_eq!(probe(&Sample { data: &data, other: b"x", ..Sample::EMPTY }), Probe::No);
    }
}
