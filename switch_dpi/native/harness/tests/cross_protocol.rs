//! What holds between protocols: nobody claims what is another's, a stranger's, or nobody's; and whatever a peer sends,
//! probes and inspectors come back. All inputs are made from fixed seeds.

use appsteer_core::protocol::{
    Descriptor, Direction, Example, Findings, MAX_PREVIOUS, MAX_VALUE_SIZE, MAX_VALUES, Probe, Progress, Sample,
    Transport, Value,
};
use appsteer_core::protocols::ALL;
use appsteer_harness::random::{Random, mangle};

const DIRECTIONS: [Direction; 2] = [Direction::Originator, Direction::Responder];
/// Protocols are shown so many mangled examples of each other; there are many pairs, and without optimisation each takes long.
const ROUNDS_OF_ALL: u32 = if cfg!(debug_assertions) { 3 } else { 20 };
const TRANSPORTS: [Transport; 2] = [Transport::Tcp, Transport::Udp];

/// A payload of a protocol that may get a file of its own later; until then, and by all others, it is left alone.
struct Stranger {
    key: &'static str,
    transport: Transport,
    direction: Direction,
    data: &'static [u8],
}

const fn stranger(key: &'static str, transport: Transport, direction: Direction, data: &'static [u8]) -> Stranger {
    Stranger { key, transport, direction, data }
}

const STRANGERS: &[Stranger] = &[
    stranger("pop3", Transport::Tcp, Direction::Responder, b"+OK POP3 server ready <1896.697@example.org>\r\n"),
    stranger("pop3", Transport::Tcp, Direction::Originator, b"USER ann\r\nPASS secret\r\nSTAT\r\n"),
    stranger("imap", Transport::Tcp, Direction::Responder, b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"),
    stranger("irc", Transport::Tcp, Direction::Originator, b"NICK ann\r\nUSER ann 0 * :Ann\r\nJOIN #rust\r\n"),
    stranger("nntp", Transport::Tcp, Direction::Responder, b"200 news.example.org InterNetNews ready\r\n"),
    stranger("telnet", Transport::Tcp, Direction::Responder, b"\xff\xfd\x18\xff\xfd\x20\r\nlogin: "),
    stranger("redis", Transport::Tcp, Direction::Originator, b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n"),
    stranger("memcached", Transport::Tcp, Direction::Originator, b"get user:1\r\n"),
    stranger("mysql", Transport::Tcp, Direction::Responder, b"\x4a\x00\x00\x00\x0a8.0.36\x00\x0b\x00\x00\x00"),
    stranger("postgresql", Transport::Tcp, Direction::Originator, b"\x00\x00\x00\x08\x04\xd2\x16\x2f"),
    stranger(
        "rtsp",
        Transport::Tcp,
        Direction::Originator,
        b"OPTIONS rtsp://cam.example.org/ RTSP/1.0\r\nCSeq: 1\r\n\r\n",
    ),
    stranger(
        "rdp",
        Transport::Tcp,
        Direction::Originator,
        b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00",
    ),
    stranger("smb", Transport::Tcp, Direction::Originator, b"\x00\x00\x00\x54\xfeSMB\x40\x00\x01\x00"),
    stranger("bittorrent", Transport::Tcp, Direction::Originator, b"\x13BitTorrent protocol\0\0\0\0\0\0\0\0"),
    stranger("amqp", Transport::Tcp, Direction::Originator, b"AMQP\x00\x00\x09\x01"),
    stranger("xmpp", Transport::Tcp, Direction::Originator, b"<?xml version='1.0'?><stream:stream to='example.org'>"),
    stranger("modbus", Transport::Tcp, Direction::Originator, b"\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00\x0a"),
    stranger("stun", Transport::Udp, Direction::Originator, b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl"),
    stranger(
        "dtls",
        Transport::Udp,
        Direction::Originator,
        b"\x16\xfe\xfd\0\0\0\0\0\0\0\0\x00\x10\x01\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x04abcd",
    ),
    stranger(
        "ssdp",
        Transport::Udp,
        Direction::Originator,
        b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\n\r\n",
    ),
    stranger("ssdp", Transport::Udp, Direction::Responder, b"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n"),
    stranger(
        "snmp",
        Transport::Udp,
        Direction::Originator,
        b"\x30\x26\x02\x01\x01\x04\x06public\xa0\x19\x02\x01\x01\x02\x01\x00\x02\x01\x00",
    ),
    stranger("tftp", Transport::Udp, Direction::Originator, b"\x00\x01boot.img\x00octet\x00"),
    stranger("syslog", Transport::Udp, Direction::Originator, b"<34>Oct 11 22:14:15 host su: 'su root' failed"),
    stranger("coap", Transport::Udp, Direction::Originator, b"\x40\x01\x30\x39\xb4temp"),
    stranger("wireguard", Transport::Udp, Direction::Originator, &[1; 148]),
    stranger("radius", Transport::Udp, Direction::Originator, b"\x01\x07\x00\x1a0123456789abcdef\x01\x06ann0"),
    stranger("gtp", Transport::Udp, Direction::Originator, b"\x32\x01\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00"),
    stranger(
        "vxlan",
        Transport::Udp,
        Direction::Originator,
        b"\x08\x00\x00\x00\x00\x00\x2a\x00\x02\x00\x5e\x10\x00\x01\x02\x00\x5e\x10\x00\x02\x08\x00\x45\x00",
    ),
];

#[test]
fn nobody_claims_an_example_of_another_protocol() {
    let mut claims = Vec::new();
    for owner in ALL {
        for example in owner.examples {
            for other in others(owner.key, example.transport) {
                let answer = (other.probe)(&sample(example, example.data, &[]));
                if is_firm(answer) {
                    claims.push(format!("{} claims {}, {}: {answer:?}", other.key, owner.key, example.title));
                }
            }
        }
    }
    assert!(claims.is_empty(), "{claims:#?}");
}

#[test]
fn nobody_claims_a_stranger() {
    for stranger in STRANGERS {
        let example = Example {
            title: stranger.key,
            transport: stranger.transport,
            direction: stranger.direction,
            data: stranger.data,
            expect: &[],
        };
        for other in others(stranger.key, stranger.transport) {
            for cut in 0..=stranger.data.len() {
                let data = stranger.data.get(..cut).unwrap_or_default();
                let answer = (other.probe)(&sample(&example, data, &[]));
                assert!(!is_firm(answer), "{} claims {} at {cut} bytes: {answer:?}", other.key, stranger.key);
            }
        }
    }
}

#[test]
fn nobody_claims_noise() {
    let mut random = Random::new(0x5eed_0001);
    for round in 0..20_000 {
        let previous = noise(&mut random, round % 3);
        let data = noise(&mut random, round % 5);
        for transport in TRANSPORTS {
            for direction in DIRECTIONS {
                let example = Example { title: "", transport, direction, data: &[], expect: &[] };
                for protocol in others("", transport) {
                    let answer = (protocol.probe)(&sample(&example, &data, &previous));
                    assert!(!is_firm(answer), "{} claims {data:02x?} after {previous:02x?}", protocol.key);
                }
            }
        }
    }
}

#[test]
fn mangled_examples_do_no_harm() {
    let mut random = Random::new(0x5eed_0002);
    for protocol in ALL {
        for example in protocol.examples {
            for round in 0..100 {
                let (data, other) = (mangle(example.data, &mut random), mangle(example.data, &mut random));
                for direction in DIRECTIONS {
                    let example = Example { direction, ..*example };
                    let _answer = (protocol.probe)(&sample(&example, &data, &other));
                    for judge in others(protocol.key, example.transport).filter(|_| round < ROUNDS_OF_ALL) {
                        let _answer = (judge.probe)(&sample(&example, &data, &other));
                    }
                    check_bounds(&inspect(protocol, &example, &[&data, &other, example.data]));
                }
            }
        }
    }
}

#[test]
fn a_stream_in_any_three_pieces_gives_the_same_findings() {
    let mut random = Random::new(0x5eed_0003);
    for protocol in ALL {
        for example in protocol.examples.iter().filter(|example| example.transport == Transport::Tcp) {
            let whole = inspect(protocol, example, &[example.data]);
            for _ in 0..40 {
                let (first, second) = (random.below(example.data.len() + 1), random.below(example.data.len() + 1));
                let pieces = [first.min(second), first.max(second), example.data.len()];
                let cuts: Vec<&[u8]> = pieces.iter().filter_map(|end| example.data.get(..*end)).collect();
                let cut = inspect(protocol, example, &cuts);
                assert_eq!(written(&cut), written(&whole), "{} {} cut at {pieces:?}", protocol.key, example.title);
            }
        }
    }
}

/// All protocols over `transport` but the one with this key.
fn others(key: &str, transport: Transport) -> impl Iterator<Item = &'static Descriptor> {
    ALL.iter().copied().filter(move |protocol| protocol.key != key && protocol.transports.contains(&transport))
}

/// A match that no other protocol may take over (`Evidence::confidence`).
fn is_firm(answer: Probe) -> bool {
    matches!(answer, Probe::Match(evidence) if evidence.confidence >= 60)
}

fn sample<'a>(example: &Example, data: &'a [u8], other: &'a [u8]) -> Sample<'a> {
    let other = match example.transport {
        Transport::Tcp => other,
        _ => other.get(..MAX_PREVIOUS).unwrap_or(other),
    };
    let (transport, direction) = (example.transport, example.direction);
    Sample { transport, direction, data, other, responder_port: 50_001, ..Sample::EMPTY }
}

fn inspect(protocol: &Descriptor, example: &Example, feeds: &[&[u8]]) -> Findings {
    let mut found = Findings::default();
    let Some(make) = protocol.inspector else { return found };
    let mut inspector = make();
    for data in feeds {
        if inspector.feed(&sample(example, data, &[]), &mut found) == Progress::Done {
            break;
        }
    }
    found
}

fn check_bounds(found: &Findings) {
    assert!(found.values().len() <= MAX_VALUES);
    for (attribute, value) in found.values() {
        let size = match value {
            Value::Text(text) => text.chars().count(), // a byte that is not UTF-8 becomes a character of three
            Value::Bytes(bytes) => bytes.len(),
            Value::Uint(_) => 0,
        };
        assert!(size <= MAX_VALUE_SIZE, "{}: {size}", attribute.name());
    }
}

fn written(found: &Findings) -> (Vec<String>, Option<&str>) {
    let mut values: Vec<String> = found.values().iter().map(|pair| format!("{pair:?}")).collect();
    values.sort();
    (values, found.host())
}

/// Bytes that mean nothing, of several kinds: even, mostly zero, text, small numbers, RTP-like first bytes.
fn noise(random: &mut Random, kind: u32) -> Vec<u8> {
    let largest = if random.below(8) == 0 { 1400 } else { 96 };
    let size = random.below(largest);
    let mut data: Vec<u8> = (0..size)
        .map(|_| match kind {
            0 => random.byte(),
            1 if random.below(4) > 0 => 0,
            2 if random.below(16) == 0 => b'\n',
            2 => b' ' + random.byte() % 95,
            3 => random.byte() & 0x0f,
            _ => random.byte(),
        })
        .collect();
    if let (4, Some(first)) = (kind, data.first_mut()) {
        *first |= 0x80;
    }
    data
}
