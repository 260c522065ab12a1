//! BitTorrent: the peers' handshake over TCP and uTP (BEP 3, BEP 29), the DHT (BEP 5), UDP trackers (BEP 15) and local
//! discovery (BEP 14). Numbers are big-endian. Of what the peers then exchange, the other peers are read.

use crate::bytes::Reader;
use crate::formats::bencode;
use crate::formats::bittorrent_peers::{
    expect_at, expect_peer, hear_of_compact, of_dht, of_exchange, of_extension_handshake,
};
use crate::formats::utp::{self, Header};
use crate::probing::answers::{matched, matched_if};
use crate::probing::beginnings::begins;
use crate::probing::examples::{client, query, reply, telling};
use crate::probing::numbers::{size_of_u32, u16_at, u32_at};
use crate::probing::search::has;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// The handshake's beginning: the size of the name, and the name (BEP 3).
const HANDSHAKE: &[u8] = b"\x13BitTorrent protocol";
/// Name, reserved bits, info hash, peer id (BEP 3).
const HANDSHAKE_SIZE: usize = 68;
/// Where the info hash stands in the handshake, behind name and reserved bits.
const INFO_HASH_AT: usize = 28;
/// Where the peer id stands in the handshake.
const PEER_ID_AT: usize = 48;
/// A SHA-1 digest.
const HASH_SIZE: usize = 20;
/// `-TR4050-`: the part of a peer id that names a client (BEP 20).
const CLIENT_SIZE: usize = 8;
/// The request line of local discovery (BEP 14).
const LOCAL_SEARCH: &[u8] = b"BT-SEARCH * HTTP/1.1\r\n";
/// How messages of the DHT begin: arguments or values with an id, an error, or the address seen (BEP 5, BEP 42).
const DHT_STARTS: [&[u8]; 5] = [b"d1:ad2:id20:", b"d1:rd2:id20:", b"d1:eli20", b"d2:ip6:", b"d2:ip18:"];
/// How they end, `y` being the last key: query, response, error (BEP 5).
const DHT_ENDS: [&[u8]; 3] = [b"1:y1:qe", b"1:y1:re", b"1:y1:ee"];
/// What a request to connect to a tracker begins with (BEP 15).
const TRACKER_MAGIC: &[u8] = b"\x00\x00\x04\x17\x27\x10\x19\x80";
/// An announcement, without extensions (BEP 15).
const ANNOUNCE_SIZE: usize = 98;
/// Where an announcement names the torrent, and the peer.
const ANNOUNCED_HASH_AT: usize = 16;
const ANNOUNCED_PEER_AT: usize = 36;
/// Where it says at which port the peer listens.
const ANNOUNCED_PORT_AT: usize = 96;
/// The answer to an announcement, before the list of peers.
const ANNOUNCED_SIZE: usize = 20;
/// Messages of peers that are read: where the sender's DHT is (BEP 5), and extensions (BEP 10).
const PORT: u8 = 9;
const EXTENDED: u8 = 20;
/// A piece of 16 KiB is the largest message of usual clients, a bit field of a large torrent is larger.
const MAX_MESSAGE_SIZE: u32 = 1 << 20;

/// BitTorrent.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "bittorrent",
    name: "BitTorrent",
    selector: 900,
    category: "peer-to-peer",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[6881, 6882, 6883, 6884, 6885, 6886, 6887, 6888, 6889, 6969, 6771, 51413],
    first_bytes: FirstBytes::Of(&[0x13, b'B', b'd', 0x00, 0x01, 0x11, 0x21, 0x31, 0x41]),
    max_probe_size: HANDSHAKE.len(),
    probe,
    inspector: Some(|| Box::<BitTorrent>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.transport == Transport::Tcp {
        return begins(sample.data, HANDSHAKE).stream(100, "handshake", 20);
    }
    match sample.data.first() {
        Some(b'd') => matched_if(is_dht(sample.data), 100, "DHT message", 12),
        Some(b'B') => begins(sample.data, LOCAL_SEARCH).datagram(100, "local service discovery", 22),
        Some(0x00) => probe_tracker(sample),
        Some(0x01 | 0x11 | 0x21 | 0x31 | 0x41) => probe_utp(sample),
        _ => Probe::No,
    }
}

/// Keys are sorted, so that both ends of a message are known; one that was cut has its beginning.
fn is_dht(data: &[u8]) -> bool {
    let has_end = DHT_ENDS.iter().any(|end| data.ends_with(end));
    DHT_STARTS.iter().any(|start| data.starts_with(start)) || has_end && matches!(data.get(1..3), Some(b"1:" | b"2:"))
}

/// BEP 15. Answers are known by the transaction id of the request before them.
fn probe_tracker(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if data.starts_with(TRACKER_MAGIC) {
        return matched_if(u32_at(data, 8) == Some(0) && data.len() >= 16, 100, "request to connect to a tracker", 12);
    }
    if is_announcement(data) {
        return matched(95, "announcement to a tracker", 12);
    }
    let is_answer = u32_at(data, 0).is_some_and(|action| action <= 3)
        && u32_at(data, 4).is_some()
        && u32_at(data, 4) == u32_at(sample.reverse, 12)
        && (has(sample.reverse, 0, TRACKER_MAGIC) || has(sample.reverse, 8, &[0, 0, 0]));
    match is_answer {
        true => matched(90, "answer of a tracker", 8),
        false if sample.reverse.is_empty() && data.len() >= 16 && u32_at(data, 0) == Some(0) => Probe::NeedMore,
        false => Probe::No,
    }
}

/// The action is 1, the event one of four, and peer ids begin with the client.
fn is_announcement(data: &[u8]) -> bool {
    data.len() >= ANNOUNCE_SIZE
        && u32_at(data, 8) == Some(1)
        && u32_at(data, 80).is_some_and(|event| event <= 3)
        && data.get(ANNOUNCED_PEER_AT..).and_then(client_name).is_some()
}

fn probe_utp(sample: &Sample<'_>) -> Probe {
    let Some(header) = Header::read(sample.data) else { return Probe::No };
    if header.payload.starts_with(HANDSHAKE) {
        return matched(100, "handshake in uTP", 40);
    }
    if header.is_first() {
        return matched(90, "uTP SYN", 20);
    }
    let previous = Header::read(sample.other);
    let theirs = Header::read(sample.reverse);
    if previous.is_some_and(|previous| header.follows(&previous)) {
        return matched(75, "uTP headers in a row", 20);
    }
    if theirs.is_some_and(|theirs| header.answers(&theirs)) {
        return matched(70, "uTP header and its answer", 20);
    }
    if sample.other.is_empty() || sample.reverse.is_empty() { Probe::NeedMore } else { Probe::No }
}

/// The client's part of a peer id, if it has the usual form (BEP 20).
fn client_name(peer_id: &[u8]) -> Option<&[u8]> {
    let client = peer_id.get(..CLIENT_SIZE)?;
    let name = client.strip_prefix(b"-")?.strip_suffix(b"-")?;
    name.iter().all(u8::is_ascii_alphanumeric).then_some(client)
}

/// Tells the torrent and the clients, and who is to be expected.
#[derive(Default)]
struct BitTorrent {
    awaits_peers: bool,
    positions: [usize; 2],
    /// The number of the exchange of peers, as each end wants to be told.
    exchanges: [Option<u8>; 2],
}

impl Inspector for BitTorrent {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let data = sample.data;
        if sample.transport == Transport::Tcp {
            read_handshake(data, found);
            self.read_stream(sample, found);
            return Progress::Settled;
        }
        match data.first() {
            Some(b'd') => {
                read_dht(data, found);
                of_dht(data, sample.direction, found);
            }
            Some(b'B') => read_local_search(data, sample.direction, found),
            Some(0x00) => self.read_tracker(sample, found),
            _ => {
                if let Some(header) = data.get(..utp::HEADER_SIZE).and_then(|_| Header::read(data)) {
                    read_handshake(header.payload, found);
                }
            }
        }
        Progress::Settled
    }
}

impl BitTorrent {
    fn read_tracker(&mut self, sample: &Sample<'_>, found: &mut Findings) {
        let data = sample.data;
        if is_announcement(data) {
            self.awaits_peers = true;
            if let Some(port) = u16_at(data, ANNOUNCED_PORT_AT) {
                expect_peer(port, sample.direction, found);
            }
            tell(data.get(ANNOUNCED_HASH_AT..), data.get(ANNOUNCED_PEER_AT..), found);
        } else if self.awaits_peers && u32_at(data, 0) == Some(1) {
            self.awaits_peers = false;
            hear_of_compact(data.get(ANNOUNCED_SIZE..).unwrap_or_default(), false, sample.direction, found);
        }
    }

    /// Size and kind before each message behind the handshake (BEP 3); others than those that are read are passed over.
    fn read_stream(&mut self, sample: &Sample<'_>, found: &mut Findings) {
        let position = sample.direction.of(&mut self.positions);
        if *position == 0 && sample.data.starts_with(HANDSHAKE) {
            *position = HANDSHAKE_SIZE;
        }
        while *position >= HANDSHAKE_SIZE
            && let Some(rest) = sample.data.get(*position..)
        {
            let mut reader = Reader::new(rest);
            let Some(size) = reader.u32().filter(|size| *size <= MAX_MESSAGE_SIZE) else { return };
            let size = size_of_u32(size);
            let kind = reader.rest().first().copied();
            match (kind, reader.take(size)) {
                (Some(PORT | EXTENDED), None) => return,
                (None, _) if size > 0 => return,
                (_, Some([PORT, high, low])) => {
                    let port = u16::from_be_bytes([*high, *low]);
                    expect_at(port, &[Transport::Udp], sample.direction, found);
                }
                (_, Some([EXTENDED, 0, message @ ..])) => {
                    let wanted = of_extension_handshake(message, sample.direction, found);
                    *sample.direction.of(&mut self.exchanges) = wanted;
                }
                (_, Some([EXTENDED, number, message @ ..]))
                    if *sample.direction.opposite().of(&mut self.exchanges) == Some(*number) =>
                {
                    of_exchange(message, sample.direction, found);
                }
                _ => {}
            }
            *position = position.saturating_add(4 + size);
        }
    }
}

fn read_handshake(data: &[u8], found: &mut Findings) {
    if data.starts_with(HANDSHAKE) && data.len() >= HANDSHAKE_SIZE {
        tell(data.get(INFO_HASH_AT..), data.get(PEER_ID_AT..), found);
    }
}

fn tell(info_hash: Option<&[u8]>, peer_id: Option<&[u8]>, found: &mut Findings) {
    if let Some(hash) = info_hash.and_then(|rest| rest.get(..HASH_SIZE)) {
        found.bytes(Attribute::BittorrentInfoHash, hash);
    }
    if let Some(client) = peer_id.and_then(client_name) {
        found.text(Attribute::BittorrentClient, client);
    }
}

fn read_dht(data: &[u8], found: &mut Findings) {
    let hash = bencode::value(data, b"a").and_then(|arguments| bencode::text(arguments, b"info_hash"));
    tell(hash, None, found);
}

/// `Port: ` and where the sender listens; `Infohash: ` and 40 digits of base 16 (BEP 14).
fn read_local_search(data: &[u8], by: Direction, found: &mut Findings) {
    for line in data.split(|byte| *byte == b'\n') {
        if let Some(digits) = line.strip_prefix(b"Port: ")
            && let Some(port) = std::str::from_utf8(digits.trim_ascii()).ok().and_then(|text| text.parse().ok())
        {
            expect_peer(port, by, found);
        }
        let Some(digits) = line.strip_prefix(b"Infohash: ").and_then(|rest| rest.get(..HASH_SIZE * 2)) else {
            continue;
        };
        let text = std::str::from_utf8(digits).unwrap_or_default();
        let pair = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        if let Some(hash) = (0..HASH_SIZE).map(|at| pair(at * 2)).collect::<Option<Vec<u8>>>() {
            found.bytes(Attribute::BittorrentInfoHash, &hash);
        }
    }
}

const EXAMPLES: &[Example] = &[
    telling(
        client("handshake of a peer", b"\x13BitTorrent protocol\0\0\0\0\0\x10\0\x05abcdefghijklmnopqrst-TR4050-0123456789ab\0\0\0\x01\x0f"),
        &[
            (Attribute::BittorrentInfoHash, "6162636465666768696a6b6c6d6e6f7071727374"),
            (Attribute::BittorrentClient, "-TR4050-"),
        ],
    ),
    telling(
        query("DHT: get_peers", b"d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz123456e1:q9:get_peers1:t2:aa1:y1:qe"),
        &[(Attribute::BittorrentInfoHash, "6d6e6f707172737475767778797a313233343536")],
    ),
    reply("DHT: answer to a ping", b"d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:re"),
    reply("DHT: error", b"d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee"),
    query("request to connect to a tracker", b"\x00\x00\x04\x17\x27\x10\x19\x80\x00\x00\x00\x00\x5a\x01\x92\x77"),
    telling(
        query("announcement to a tracker", b"\x00\x77\x41\x01\x22\x03\x91\xab\x00\x00\x00\x01\x5a\x01\x92\x78abcdefghijklmnopqrst-qB4520-0123456789ab\0\0\0\0\0\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0\x00\x00\x00\x02\0\0\0\0\x12\x34\x56\x78\xff\xff\xff\xff\x1a\xe1"),
        &[
            (Attribute::BittorrentInfoHash, "6162636465666768696a6b6c6d6e6f7071727374"),
            (Attribute::BittorrentClient, "-qB4520-"),
        ],
    ),
    telling(
        query("local service discovery", b"BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 51413\r\nInfohash: 6162636465666768696A6B6C6D6E6F7071727374\r\n\r\n\r\n"),
        &[(Attribute::BittorrentInfoHash, "6162636465666768696a6b6c6d6e6f7071727374")],
    ),
    query("uTP SYN with extension bits", b"\x41\x02\x3a\x91\x4b\x12\x90\x11\x00\x00\x00\x00\x00\x03\x80\x00\x00\x01\x00\x00\x00\x08\0\0\0\0\0\0\0\0"),
    telling(
        query("handshake in a uTP datagram", b"\x01\x00\x3a\x92\x4b\x12\xa7\x44\x00\x00\x10\x21\x00\x03\x80\x00\x00\x02\x5b\x0c\x13BitTorrent protocol\0\0\0\0\0\x10\0\x05abcdefghijklmnopqrst-UT3600-0123456789ab"),
        &[(Attribute::BittorrentClient, "-UT3600-")],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Address;

    fn datagram<'a>(data: &'a [u8], reverse: &'a [u8]) -> Sample<'a> {
        Sample { transport: Transport::Udp, direction: Direction::Responder, data, reverse, ..Sample::EMPTY }
    }

    #[test]
    fn a_tracker_that_answers_is_known_by_the_request() {
        let answer = b"\x00\x00\x00\x00\x5a\x01\x92\x77\x00\x77\x41\x01\x22\x03\x91\xab";
        assert!(matches!(probe(&datagram(answer, EXAMPLES[4].data)), Probe::Match(_)));
        assert_eq!(probe(&datagram(answer, &[])), Probe::NeedMore);
        assert_eq!(probe(&datagram(answer, EXAMPLES[5].data)), Probe::No);
    }

    #[test]
    fn peers_of_a_tracker_are_expected() {
        let mut inspector = BitTorrent::default();
        let mut found = Findings::default();
        let answer = b"\0\0\0\x01\x5a\x01\x92\x78\0\0\x07\x08\0\0\0\x01\0\0\0\x02\xc0\0\x02\x01\x1a\xe1";
        inspector.feed(&datagram(answer, &[]), &mut found);
        assert!(found.take_heard_of().is_empty(), "nobody asked");
        inspector.feed(&datagram(EXAMPLES[5].data, &[]), &mut found);
        inspector.feed(&datagram(answer, &[]), &mut found);
        let heard_of = found.take_heard_of();
        assert_eq!(heard_of.len(), 2);
        assert!(heard_of.iter().all(|e| e.port == 6881 && e.address == Some(Address::from_v4([192, 0, 2, 1]))));
        assert!(found.take_expected().iter().all(|e| e.port == 6881 && e.address.is_none()), "who asks");
    }

    #[test]
    fn peers_of_the_exchange_are_heard_of_where_it_was_wanted() {
        let extended = |number: u8, dictionary: &[u8]| {
            let size = u32::try_from(dictionary.len() + 2).unwrap().to_be_bytes();
            [&size[..], &[EXTENDED, number], dictionary].concat()
        };
        let added = b"d5:added6:\xc0\0\x02\x03\xc8\xd5e";
        let ours = [EXAMPLES[0].data, &extended(0, b"d1:md6:ut_pexi7eee")].concat();
        let theirs =
            [EXAMPLES[0].data, &[0, 0, 0, 3, PORT, 0x1a, 0xe1], &extended(7, added), &extended(8, added)].concat();
        let (mut inspector, mut found) = (BitTorrent::default(), Findings::default());
        let mut feed = |direction, data: &[u8]| {
            for end in 0..=data.len() {
                inspector.feed(&Sample { direction, data: &data[..end], ..Sample::EMPTY }, &mut found);
            }
        };
        feed(Direction::Originator, &ours);
        feed(Direction::Responder, &theirs);
        assert_eq!(found.take_heard_of().iter().map(|e| e.port).collect::<Vec<_>>(), [51_413, 51_413]);
        assert_eq!(
            found.take_expected().iter().map(|e| (e.port, e.transport)).collect::<Vec<_>>(),
            [(6881, Transport::Udp)]
        );
    }

    #[test]
    fn other_dictionaries_are_left_alone() {
        for data in [&b"d4:infod4:name1:xee"[..], b"d1:x1:ye", b"dns", b"d"] {
            assert_eq!(probe(&datagram(data, &[])), Probe::No, "{data:?}");
        }
    }
}
