//! TeamSpeak: version 3 (clients and servers over UDP, queries over TCP, the public list of servers) and the log-in of version 2.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::probing::examples::{query, reply, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Where the message authentication code of later packets stands, the first ones have this.
const INIT: &[u8] = b"TS3INIT1";
const QUERY_BANNER: &[u8] = b"TS3\n\r";
/// Of the first packets: packet number 101, then (from a client) client number 0, then the type.
const INIT_PACKET_NUMBER: u16 = 101;

/// TeamSpeak.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "teamspeak-voice",
    name: "TeamSpeak",
    selector: 708,
    category: "voip",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[9987, 10011, 2010, 8767],
    first_bytes: FirstBytes::Of(&[b'T', 0x01, 0xf4]),
    probe,
    app: "teamspeak",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.transport.is_stream() {
        return match begins(sample.data, QUERY_BANNER) {
            Beginning::Whole => matched(90, "TeamSpeak 3 query banner", QUERY_BANNER.len()),
            Beginning::Partial => Probe::NeedMore,
            Beginning::Other => Probe::No,
        };
    }
    match sample.data.first() {
        Some(b'T') => probe_init(sample.data),
        Some(0x01) => probe_list(sample),
        Some(0xf4) => probe_version_2(sample.data),
        _ => Probe::No,
    }
}

fn probe_init(data: &[u8]) -> Probe {
    let Some(rest) = data.strip_prefix(INIT) else { return Probe::No };
    match Reader::new(rest).u16() {
        Some(INIT_PACKET_NUMBER) => matched(100, "TeamSpeak 3 init packet", INIT.len() + 2),
        _ => Probe::No,
    }
}

/// A server registers with the public list: version 1, a number, a kind; the answer repeats them and adds a token, with which
/// the server then tells what it is.
fn probe_list(sample: &Sample<'_>) -> Probe {
    match (sample.data, sample.reverse) {
        ([1, a, b, 1, _, _, _, _], [1, c, d, 1]) if (a, b) == (c, d) => matched(75, "token for the list of servers", 8),
        ([1, _, _, 2, token @ ..], [1, _, _, 1, sent @ ..]) if sent.len() == 4 && token.starts_with(sent) => {
            matched(95, "entry for the list of servers", 8)
        }
        ([1, _, _, 1 | 2] | [1, _, _, 1, _, _, _, _] | [1, _, _, 2, ..], _) => Probe::NeedMore,
        _ => Probe::No,
    }
}

/// Class and kind of a log-in or its reply; a session begins without numbers.
fn probe_version_2(data: &[u8]) -> Probe {
    match data {
        [0xf4, 0xbe, 0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0, _, _, ..] => matched(95, "TeamSpeak 2 log-in", 12),
        [0xf4, 0xbe, 0x04, 0, ..] if data.len() == 436 => matched(75, "TeamSpeak 2 log-in reply", 4),
        _ => Probe::No,
    }
}

const EXAMPLES: &[Example] = &[
    query("a client begins", b"TS3INIT1\x00\x65\x00\x00\x88\x0d\xd0\x57\x66\x00\x5f\x59\x16\xe0\xad\xe7\x6b\x61\x00\x00\x00\x00\x00\x00\x00\x00"),
    reply("a server answers", b"TS3INIT1\x00\x65\x88\x01\xa1\xb2\xc3\xd4\xe5\xf6\x07\x18\x29\x3a\x4b\x5c\x6d\x7e\x8f\x90\x5f\x59\x16\xe0"),
    server("the query banner", b"TS3\n\rWelcome to the TeamSpeak 3 ServerQuery interface\n\r"),
    query("a client of version 2 logs in", b"\xf4\xbe\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\xde\xad\xbe\xef\x09TeamSpeak"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_server_is_known_by_the_token_that_comes_back() {
        let sample = |data, reverse| Sample { transport: Transport::Udp, data, reverse, ..Sample::EMPTY };
        let (hello, token) = (b"\x01\x80\x84\x01", b"\x01\x80\x84\x01\x7c\x65\xd9\xa7");
        assert_eq!(probe(&sample(hello, b"")), Probe::NeedMore);
        assert!(matches!(probe(&sample(token, hello)), Probe::Match(_)));
        assert_eq!(probe(&sample(token, b"")), Probe::NeedMore);
        assert!(matches!(probe(&sample(b"\x01\x81\x84\x02\x7c\x65\xd9\xa7\x03\x27", token)), Probe::Match(_)));
        assert_eq!(probe(&sample(b"\x01\x81\x84\x03\x7c", token)), Probe::No);
    }
}
