//! iperf 3 (ESnet, sources): every connection begins with the test's cookie; UDP streams with a fixed word.

use crate::probing::answers::{of_datagram, of_stream};
use crate::probing::examples::{client, query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// 36 characters and a zero byte.
const COOKIE_SIZE: usize = 37;
/// What a client sends first over UDP, and the server's answer: of versions since 3.12 and before, in either byte order.
const UDP_WORDS: [[u8; 4]; 6] = [
    *b"9876",
    *b"6789",
    [0x15, 0xcd, 0x5b, 0x07],
    [0x07, 0x5b, 0xcd, 0x15],
    [0xb1, 0x68, 0xde, 0x3a],
    [0x3a, 0xde, 0x68, 0xb1],
];

/// iperf 3.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "iperf3",
    name: "iPerf3",
    selector: 1601,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[5201],
    first_bytes: FirstBytes::Where(|byte| is_cookie_byte(byte) || UDP_WORDS.iter().any(|word| word[0] == byte)),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.transport.is_stream() {
        return of_stream(is_cookie(sample.data), 85, "test cookie", COOKIE_SIZE);
    }
    let is_word = sample.data.first_chunk().is_some_and(|word| UDP_WORDS.contains(word)) && sample.data.len() == 4;
    of_datagram(Some(is_word), 65, "connection word", 4)
}

/// Letters and digits of base 32 in lower case, no others (`make_cookie`).
fn is_cookie(data: &[u8]) -> Option<bool> {
    let known = data.get(..COOKIE_SIZE - 1).unwrap_or(data);
    if !known.iter().all(|byte| is_cookie_byte(*byte)) {
        return Some(false);
    }
    Some(*data.get(COOKIE_SIZE - 1)? == 0)
}

fn is_cookie_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'2'..=b'7')
}

const EXAMPLES: &[Example] = &[
    client("control connection", b"q3jx7ytzkn5me4a2vwlhbp6rfcdosgi7u2xy\x00\x00\x00\x00\x56{\"tcp\":true,\"omit\":0,\"time\":10,\"num\":0,\"blockcount\":0,\"parallel\":1,\"len\":131072}"),
    query("client's word", b"9876"),
    reply("answer of an old version", b"\xb1\x68\xde\x3a"),
];
