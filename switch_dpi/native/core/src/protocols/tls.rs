//! TLS 1.0 to 1.3 over a stream (RFC 8446, RFC 5246): the hello messages, from records of any cut.

use crate::attributes::Attribute;
use crate::bytes::Reader;
use crate::protocol::{
    Descriptor, Direction, Evidence, Example, Findings, Inspector, Probe, Progress, Sample, Transport,
};
use crate::tls_handshake::{
    CLIENT_HELLO, MAX_HELLO_SIZE, MESSAGE_HEADER_SIZE, SERVER_HELLO, parse_client_hello, parse_server_hello,
};

/// TLS, as the engine knows it.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tls",
    name: "TLS",
    selector: 443,
    category: "web",
    transports: &[Transport::Tcp],
    ports: &[443, 465, 853, 989, 990, 992, 993, 995, 5061, 8443, 8883],
    max_probe_size: RECORD_HEADER_SIZE + MAX_RECORD_SIZE,
    probe,
    inspector: Some(|| Box::new(Tls::default())),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;
const RECORD_HEADER_SIZE: usize = 5;
const MAX_RECORD_SIZE: usize = (1 << 14) + 2048; // RFC 5246 §6.2.3; RFC 8446 §5.2 allows less
const MAX_RECORDS: usize = 64; // a hello of 16 KiB in pieces of 256 bytes: fewer bytes a record are an attack

fn probe(sample: &Sample<'_>) -> Probe {
    let mut reader = Reader::new(sample.data);
    let Some(kind) = reader.u8() else { return Probe::NeedMore };
    if !(CHANGE_CIPHER_SPEC..=APPLICATION_DATA).contains(&kind) {
        return Probe::No;
    }
    let version = (reader.u8(), reader.u8());
    if version.0.is_some_and(|major| major != 3) || version.1.is_some_and(|minor| minor > 4) {
        return Probe::No;
    }
    let Some(size) = reader.u16().map(usize::from) else { return Probe::NeedMore };
    if size == 0 || size > MAX_RECORD_SIZE {
        return Probe::No;
    }
    match kind {
        HANDSHAKE => probe_handshake(reader, size),
        _ => probe_later_record(kind, reader.rest(), size),
    }
}

/// The first record of a connection: a hello shows its type, size and version.
fn probe_handshake(mut fragment: Reader<'_>, record_size: usize) -> Probe {
    let record = fragment.rest();
    let Some(kind) = fragment.u8() else { return Probe::NeedMore };
    let what = match kind {
        CLIENT_HELLO => "ClientHello",
        SERVER_HELLO => "ServerHello",
        _ => return probe_later_record(HANDSHAKE, record, record_size),
    };
    let Some(size) = fragment.u24() else { return Probe::NeedMore };
    if size as usize > MAX_HELLO_SIZE {
        return Probe::No;
    }
    match fragment.u8() {
        None => Probe::NeedMore,
        Some(3) => matched(100, what, record_size),
        Some(_) => Probe::No,
    }
}

/// A record from the middle of a connection: only what follows it exactly can confirm it.
fn probe_later_record(kind: u8, rest: &[u8], size: usize) -> Probe {
    let Some(next) = rest.get(size..) else { return Probe::NeedMore };
    let what = match kind {
        CHANGE_CIPHER_SPEC if size != 1 => return Probe::No,
        CHANGE_CIPHER_SPEC => "change_cipher_spec record",
        ALERT => "alert record",
        HANDSHAKE => "handshake record",
        _ => "application_data record",
    };
    match next {
        [] => matched(60, what, size),
        [CHANGE_CIPHER_SPEC..=APPLICATION_DATA] => Probe::NeedMore,
        [CHANGE_CIPHER_SPEC..=APPLICATION_DATA, 3, ..] => matched(85, what, size),
        _ => Probe::No,
    }
}

fn matched(confidence: u8, what: &'static str, record_size: usize) -> Probe {
    let size = u16::try_from(record_size + RECORD_HEADER_SIZE).unwrap_or(u16::MAX);
    Probe::Match(Evidence { confidence, what, offset: 0, size })
}

/// Waits for one hello of each side; the verdict stands with the ClientHello's server name, or with its end.
#[derive(Default)]
struct Tls {
    client_done: bool,
    server_done: bool,
    handshake: Vec<u8>,
}

impl Inspector for Tls {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let over = self.collect(sample.data);
        match self.handshake.first() {
            Some(&CLIENT_HELLO) if !self.client_done => self.client_done = read_client_hello(&self.handshake, found) || over,
            Some(&SERVER_HELLO) if !self.server_done => self.server_done = read_server_hello(&self.handshake, found) || over,
            Some(_) | None if over => match sample.direction {
                Direction::Originator => self.client_done = true,
                Direction::Responder => self.server_done = true,
            },
            _ => {}
        }
        match (self.client_done, self.server_done) {
            (true, true) => Progress::Done,
            (false, false) if found.host().is_none() => Progress::NeedMore,
            _ => Progress::Settled,
        }
    }
}

impl Tls {
    /// Joins the handshake bytes of the records at the start of a stream; true when no more can follow.
    fn collect(&mut self, stream: &[u8]) -> bool {
        self.handshake.clear();
        let mut reader = Reader::new(stream);
        for _ in 0..MAX_RECORDS {
            let (kind, _version, size) = (reader.u8(), reader.u16(), reader.u16());
            match (kind, size) {
                (Some(HANDSHAKE), Some(size)) => {
                    let there = reader.rest();
                    let Some(fragment) = reader.take(usize::from(size)) else {
                        self.handshake.extend_from_slice(there);
                        return false;
                    };
                    self.handshake.extend_from_slice(fragment);
                }
                (Some(HANDSHAKE) | None, _) => return false,
                (Some(_), _) => return true,
            }
            if self.handshake.len() > MESSAGE_HEADER_SIZE + MAX_HELLO_SIZE {
                return true;
            }
        }
        true
    }
}

/// True when there is nothing more to learn from it.
fn read_client_hello(message: &[u8], found: &mut Findings) -> bool {
    let Ok(hello) = parse_client_hello(message) else { return true };
    hello.report(found);
    hello.complete
}

fn read_server_hello(message: &[u8], found: &mut Findings) -> bool {
    let Ok(hello) = parse_server_hello(message) else { return true };
    if let Some(hello) = hello {
        found.uint(Attribute::TlsVersion, u64::from(hello.version));
        found.uint(Attribute::TlsCipher, u64::from(hello.cipher_suite));
    }
    hello.is_some()
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "ClientHello with server name and ALPN",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: HELLO,
        expect: &[
            (Attribute::TlsSni, "www.example.org"),
            (Attribute::TlsAlpn, "h2"),
            (Attribute::TlsAlpn, "http/1.1"),
            (Attribute::TlsVersion, "772"),
        ],
    },
    Example {
        title: "ClientHello over two records",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: SPLIT_HELLO,
        expect: &[(Attribute::TlsSni, "www.example.org"), (Attribute::TlsVersion, "772")],
    },
    Example {
        title: "ServerHello of TLS 1.3",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: SERVER_HELLO_RECORD,
        expect: &[(Attribute::TlsVersion, "772"), (Attribute::TlsCipher, "4866")],
    },
];

const HELLO: &[u8] = b"\x16\x03\x01\x00d\x01\x00\x00`\x03\x03RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR\x00\x00\x04\x13\x01\x13\
    \x02\x01\x00\x003\x00\x00\x00\x14\x00\x12\x00\x00\x0fwww.example.org\x00\x10\x00\x0e\x00\x0c\x02\
    h2\x08http/1.1\x00+\x00\x05\x04\x03\x04\x03\x03";

const SPLIT_HELLO: &[u8] = b"\x16\x03\x01\x00 \x01\x00\x00`\x03\x03RRRRRRRRRRRRRRRRRRRRRRRRRR\x16\x03\x01\x00DRRRRRR\x00\x00\
    \x04\x13\x01\x13\x02\x01\x00\x003\x00\x00\x00\x14\x00\x12\x00\x00\x0fwww.example.org\x00\x10\x00\
    \x0e\x00\x0c\x02h2\x08http/1.1\x00+\x00\x05\x04\x03\x04\x03\x03";

const SERVER_HELLO_RECORD: &[u8] = b"\x16\x03\x03\x002\x02\x00\x00.\x03\x03SSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSS\x00\x13\x02\x00\x00\x06\
    \x00+\x00\x02\x03\x04";