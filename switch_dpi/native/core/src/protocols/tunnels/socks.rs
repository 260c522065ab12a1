//! SOCKS 4 and 4a (Lee, "SOCKS: A protocol for TCP proxy across firewalls"; "SOCKS 4A") and 5 (RFC 1928, RFC 1929). What goes through
//! the proxy afterwards is not read.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// User ids and names of version 4 end with a zero byte; longer ones are not met.
const MAX_TEXT_SIZE: usize = 255;
/// A greeting offers at most this many of the methods that IANA lists, in practice three.
const MAX_METHODS: u8 = 10;
/// User name and password: RFC 1929.
const METHOD_PASSWORD: u8 = 2;
const NO_METHOD: u8 = 0xff;

/// SOCKS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "socks",
    name: "SOCKS",
    selector: 1229,
    category: "vpn",
    transports: &[Transport::Tcp],
    ports: &[1080],
    first_bytes: FirstBytes::Of(&[0, 4, 5]),
    max_probe_size: 9 + 2 * MAX_TEXT_SIZE,
    probe,
    inspector: Some(|| Box::<Socks>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let (data, other) = (sample.data, sample.other);
    match data.first() {
        None => Probe::NeedMore,
        Some(4) => probe_4(data, other),
        Some(0) => probe_reply_4(data, other),
        Some(5) => probe_5(data, other),
        Some(_) => Probe::No,
    }
}

/// A request of version 4: command, port, address, user id; then the name of 4a.
struct Request4<'a> {
    port: u16,
    address: [u8; 4],
    user: &'a [u8],
    name: Option<&'a [u8]>,
}

enum Parsed<T> {
    Whole(T),
    Cut,
    Wrong,
}

fn parse_4(data: &[u8]) -> Parsed<Request4<'_>> {
    if data.get(1).is_some_and(|command| !matches!(command, 1 | 2)) {
        return Parsed::Wrong;
    }
    let mut reader = Reader::new(data.get(2..).unwrap_or_default());
    let (Some(port), Some(address)) = (reader.u16(), reader.array::<4>()) else { return Parsed::Cut };
    let is_named = matches!(address, [0, 0, 0, 1..=255]);
    if port == 0 || (matches!(address, [0 | 224..=255, ..]) && !is_named) {
        return Parsed::Wrong;
    }
    let user = match take_text(&mut reader) {
        Parsed::Whole(user) => user,
        Parsed::Cut => return Parsed::Cut,
        Parsed::Wrong => return Parsed::Wrong,
    };
    if !is_named {
        return Parsed::Whole(Request4 { port, address, user, name: None });
    }
    match take_text(&mut reader) {
        Parsed::Whole(name) if is_host(name) => Parsed::Whole(Request4 { port, address, user, name: Some(name) }),
        Parsed::Cut => Parsed::Cut,
        _ => Parsed::Wrong,
    }
}

/// Visible text up to a zero byte.
fn take_text<'a>(reader: &mut Reader<'a>) -> Parsed<&'a [u8]> {
    let rest = reader.rest();
    let size = rest.iter().take(MAX_TEXT_SIZE + 1).take_while(|byte| matches!(byte, b' '..=b'~')).count();
    match rest.get(size) {
        Some(0) => reader.take(size + 1).and_then(|text| text.strip_suffix(&[0])).map_or(Parsed::Wrong, Parsed::Whole),
        None if size <= MAX_TEXT_SIZE => Parsed::Cut,
        _ => Parsed::Wrong,
    }
}

fn is_host(name: &[u8]) -> bool {
    !name.is_empty()
        && name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']'))
}

/// The reply agrees with the request; a request with a name or a user speaks for itself.
fn probe_4(data: &[u8], other: &[u8]) -> Probe {
    let request = match parse_4(data) {
        Parsed::Whole(request) => request,
        Parsed::Cut => return Probe::NeedMore,
        Parsed::Wrong => return Probe::No,
    };
    match (other, request.name) {
        ([0, 90..=93, ..], _) => matched(95, "request and reply of version 4", 9),
        ([0] | [], Some(_)) => matched(90, "request of version 4a", 9),
        // the client waits for the reply: nothing follows
        ([0] | [], None) if request.user.len() >= 3 && data.len() == 9 + request.user.len() => {
            matched(60, "request of version 4", 9)
        }
        ([0] | [], None) => matched(50, "request of version 4", 9),
        _ => Probe::No,
    }
}

/// Zero, a code of 90 to 93, port and address.
fn probe_reply_4(data: &[u8], other: &[u8]) -> Probe {
    match (data.get(1), parse_4(other)) {
        (Some(90..=93), Parsed::Whole(_)) if other.first() == Some(&4) => {
            matched(95, "request and reply of version 4", 8)
        }
        (None | Some(90..=93), _) if matches!(other.first(), None | Some(4)) && data.len() <= 8 => Probe::NeedMore,
        _ => Probe::No,
    }
}

/// What a client of version 5 says: methods, perhaps user and password, then the request.
struct Client5<'a> {
    methods: &'a [u8],
    user: Option<&'a [u8]>,
    request: Option<Request5<'a>>,
}

struct Request5<'a> {
    target: Target<'a>,
    port: u16,
}

#[derive(Clone, Copy)]
enum Target<'a> {
    V4([u8; 4]),
    V6([u8; 16]),
    Name(&'a [u8]),
}

/// Reads what there is; the request only where its bytes are all there and right.
fn parse_client_5(data: &[u8]) -> Parsed<Client5<'_>> {
    let mut reader = Reader::new(data.get(1..).unwrap_or_default());
    let Some(count) = reader.u8() else { return Parsed::Cut };
    if count == 0 || count > MAX_METHODS {
        return Parsed::Wrong;
    }
    let known = reader.rest().get(..usize::from(count)).unwrap_or(reader.rest());
    let is_method = |byte: &u8| matches!(byte, 0..=9 | 0x80..=0x8f);
    let is_repeated = known.iter().enumerate().any(|(at, byte)| known.iter().take(at).any(|earlier| earlier == byte));
    if !known.iter().all(is_method) || is_repeated {
        return Parsed::Wrong;
    }
    let Some(methods) = reader.take(usize::from(count)) else { return Parsed::Cut };
    let mut user = None;
    if reader.rest().first() == Some(&1) && methods.contains(&METHOD_PASSWORD) {
        reader.u8();
        user = reader.vector8();
        if reader.vector8().is_none() {
            return Parsed::Whole(Client5 { methods, user: None, request: None });
        }
    }
    match parse_request_5(reader.rest()) {
        Parsed::Whole(request) => Parsed::Whole(Client5 { methods, user, request: Some(request) }),
        Parsed::Cut => Parsed::Whole(Client5 { methods, user, request: None }),
        Parsed::Wrong => Parsed::Wrong,
    }
}

/// Version, command, zero, address type, address, port (RFC 1928 §4).
fn parse_request_5(data: &[u8]) -> Parsed<Request5<'_>> {
    let fixed_fits = data.iter().zip([5..=5, 1..=3, 0..=0, 1..=4]).all(|(byte, allowed)| allowed.contains(byte));
    let mut reader = Reader::new(data);
    let Some(head) = reader.array::<4>() else { return if fixed_fits { Parsed::Cut } else { Parsed::Wrong } };
    let target = match head {
        [_, _, _, 1] => reader.array().map(Target::V4),
        [_, _, _, 3] => reader.vector8().map(Target::Name),
        [_, _, _, 4] => reader.array().map(Target::V6),
        _ => return Parsed::Wrong,
    };
    match (target.zip(reader.u16()), fixed_fits) {
        (_, false) => Parsed::Wrong,
        (Some((Target::Name(name), _)), _) if !is_host(name) => Parsed::Wrong,
        (Some((target, port)), _) => Parsed::Whole(Request5 { target, port }),
        (None, _) => Parsed::Cut,
    }
}

/// A client's greeting is short; the server's choice must be one of what it offers. Either end may be `data`.
fn probe_5(data: &[u8], other: &[u8]) -> Probe {
    let agrees = |client: &Client5<'_>, server: &[u8]| match server {
        [5, method, ..] => *method == NO_METHOD || client.methods.contains(method),
        _ => false,
    };
    let as_client = parse_client_5(data);
    if let Parsed::Whole(client) = &as_client
        && (client.request.is_some() || agrees(client, other))
    {
        return matched(if other.is_empty() { 80 } else { 92 }, "greeting of version 5", 2 + client.methods.len());
    }
    let as_server = parse_client_5(other);
    if let (Parsed::Whole(client), Some(5)) = (&as_server, other.first())
        && agrees(client, data)
    {
        return matched(92, "method chosen of version 5", 2);
    }
    let may_be_client = !matches!(as_client, Parsed::Wrong) && matches!(other, [] | [5]);
    let may_be_server = matches!((data.len(), &as_server), (0..=1, Parsed::Whole(_)) | (0..=2, Parsed::Cut))
        && other.first() == Some(&5);
    let may_be_server = may_be_server || (data.len() <= 22 && other.is_empty() && is_reply_start(data));
    if may_be_client || may_be_server { Probe::NeedMore } else { Probe::No }
}

/// A server's choice and what follows it, when the client has not been seen.
fn is_reply_start(data: &[u8]) -> bool {
    matches!(data, [5] | [5, 0..=9 | NO_METHOD] | [5, 0..=9, 1 | 5, ..])
}

/// Reads version, user and target of the client's side.
#[derive(Debug, Default)]
struct Socks;

impl Inspector for Socks {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let data = sample.data;
        let is_full = data.len() > DESCRIPTOR.max_probe_size;
        match data.first() {
            Some(4) => match parse_4(data) {
                Parsed::Whole(request) => {
                    report_4(&request, found);
                    Progress::Done
                }
                Parsed::Cut if !is_full => Progress::NeedMore,
                _ => Progress::Done,
            },
            Some(5) => match parse_client_5(data) {
                Parsed::Whole(client) => report_5(&client, is_full, found),
                Parsed::Cut if !is_full => Progress::NeedMore,
                _ => Progress::NeedMore, // the server's side
            },
            _ => Progress::NeedMore,
        }
    }
}

fn report_4(request: &Request4<'_>, found: &mut Findings) {
    found.uint(Attribute::SocksVersion, 4);
    if !request.user.is_empty() {
        found.text(Attribute::SocksUser, request.user);
    }
    let target = match request.name {
        Some(name) => Target::Name(name),
        None => Target::V4(request.address),
    };
    report_target(target, request.port, found);
}

fn report_5(client: &Client5<'_>, is_full: bool, found: &mut Findings) -> Progress {
    found.uint(Attribute::SocksVersion, 5);
    if let Some(user) = client.user {
        found.text(Attribute::SocksUser, user);
    }
    match &client.request {
        Some(request) => {
            report_target(request.target, request.port, found);
            Progress::Done
        }
        None if is_full => Progress::Done,
        None => Progress::NeedMore,
    }
}

fn report_target(target: Target<'_>, port: u16, found: &mut Findings) {
    let text = match target {
        Target::V4(address) => format!("{}:{port}", std::net::Ipv4Addr::from(address)),
        Target::V6(address) => format!("[{}]:{port}", std::net::Ipv6Addr::from(address)),
        Target::Name(name) => {
            found.set_host(name);
            format!("{}:{port}", String::from_utf8_lossy(name))
        }
    };
    found.text(Attribute::SocksTarget, text.as_bytes());
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "version 4 with a user id",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x04\x01\0\x50\xc0\0\x02\x07anna\0",
        expect: &[
            (Attribute::SocksVersion, "4"),
            (Attribute::SocksUser, "anna"),
            (Attribute::SocksTarget, "192.0.2.7:80"),
        ],
    },
    Example {
        title: "version 4a",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x04\x01\x01\xbb\0\0\0\x01\0www.example.org\0",
        expect: &[(Attribute::SocksTarget, "www.example.org:443")],
    },
    Example {
        title: "version 5 without authentication, by name",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x05\x01\0\x05\x01\0\x03\x0fwww.example.org\x01\xbb",
        expect: &[(Attribute::SocksVersion, "5"), (Attribute::SocksTarget, "www.example.org:443")],
    },
    Example {
        title: "version 5 with user name and password",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x05\x02\0\x02\x01\x04anna\x04pass\x05\x01\0\x01\xc0\0\x02\x07\0\x50",
        expect: &[(Attribute::SocksUser, "anna"), (Attribute::SocksTarget, "192.0.2.7:80")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(data: &[u8], other: &[u8]) -> Probe {
        probe(&Sample { data, other, ..Sample::EMPTY })
    }

    #[test]
    fn a_greeting_needs_the_servers_choice() {
        assert_eq!(answer(b"\x05\x01\0", b""), Probe::NeedMore);
        assert!(matches!(answer(b"\x05\x01\0", b"\x05\0"), Probe::Match(_)));
        assert!(matches!(answer(b"\x05\0", b"\x05\x02\0\x02"), Probe::Match(_)));
        assert_eq!(answer(b"\x05\x03", b"\x05\x02\0\x02"), Probe::No);
        assert!(matches!(answer(b"\x05\xff", b"\x05\x02\0\x02"), Probe::Match(_)));
    }

    #[test]
    fn a_reply_of_version_4_needs_its_request() {
        assert!(matches!(answer(b"\0\x5a\0\0\0\0\0\0", b"\x04\x01\0\x50\xc0\0\x02\x07\0"), Probe::Match(_)));
        assert_eq!(answer(b"\0\x5a\0\0\0\0\0\0", b""), Probe::NeedMore);
        assert_eq!(answer(b"\0\x01\0\0\0\0\0\0", b"\x04\x01\0\x50\xc0\0\x02\x07\0"), Probe::No);
    }

    #[test]
    fn other_bytes_are_refused_early() {
        for data in [&b"\x05\0"[..], b"\x04\x03", b"\x05\x01\x77", b"\x04\x01\0\0\x01\x02\x03\x04", b"\x05\x02\0\0"] {
            assert!(!matches!(answer(data, b"x"), Probe::NeedMore | Probe::Match(_)), "{data:02x?}");
        }
    }
}
