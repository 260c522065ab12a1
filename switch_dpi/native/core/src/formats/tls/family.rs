//! TLS records over a stream (RFC 8446 §5, RFC 5246 §6.2, and the hello of SSL 2): which of the protocols with TLS from the
//! first byte it is, the handshake messages of both ends, and what they say of the service.
//!
//! Mail and file transfer over TLS have names of their own. The protocol is told by the application protocol that the client
//! offers (RFC 7301), else by the port that is registered for it: inside it looks like any other TLS.

use crate::bytes::Reader;
use crate::formats::tls::fingerprint::{self, Carrier};
use crate::formats::tls::handshake::{
    CLIENT_HELLO, ClientHello, MAX_HELLO_SIZE, MESSAGE_HEADER_SIZE, SERVER_HELLO, offered_protocols,
    parse_client_hello, parse_server_hello, sound_part_of_client_hello,
};
use crate::formats::tls::services::{service_of_certificate, service_of_offer};
use crate::formats::x509::Names;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Direction, Evidence, Findings, Inspector, Probe, Progress, Sample};

/// Which protocol inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Whatever has no protocol of its own here.
    Tls,
    /// IMAP (RFC 8314 §3.2).
    Imaps,
    /// POP3 (RFC 8314 §3.1).
    Pops,
    /// Submission of mail (RFC 8314 §3.3).
    Smtps,
    /// FTP's control connection and its data (RFC 4217 §1).
    Ftps,
}

const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;
const RECORD_HEADER_SIZE: usize = 5;
const MAX_RECORD_SIZE: usize = (1 << 14) + 2048; // RFC 5246 §6.2.3; RFC 8446 §5.2 allows less
const MAX_RECORDS: usize = 64; // a hello of 16 KiB in pieces of 256 bytes: fewer bytes a record are an attack
const CERTIFICATE: u8 = 11;
const SERVER_HELLO_DONE: u8 = 14;
/// From this version on the certificate is encrypted.
const TLS_1_3: u16 = 0x0304;

/// A probe never needs more than one record.
pub const MAX_PROBE_SIZE: usize = RECORD_HEADER_SIZE + MAX_RECORD_SIZE;
/// First bytes: the four types of records, and the size of SSL 2's hello.
pub const FIRST_BYTES: &[u8] = &[CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, 0x80, 0x81];

/// Says whether a stream is TLS of this family.
#[must_use]
pub fn probe(sample: &Sample<'_>, wanted: Family) -> Probe {
    let answer = probe_records(sample.data);
    if !matches!(answer, Probe::Match(_)) {
        return answer;
    }
    match family(sample) {
        Some(family) if family == wanted => answer,
        None if wanted == Family::Tls => answer,
        None if offer_is_open(sample.data) => Probe::NeedMore,
        _ => Probe::No,
    }
}

/// What the client offers counts more than a port.
fn family(sample: &Sample<'_>) -> Option<Family> {
    let offered = [sample.data, sample.other].into_iter().find_map(offered_family);
    let by_port = [sample.responder_port, sample.originator_port].into_iter().find_map(|port| match port {
        993 => Some(Family::Imaps),
        995 => Some(Family::Pops),
        465 | 587 => Some(Family::Smtps),
        989 | 990 => Some(Family::Ftps),
        _ => None,
    });
    offered.or(by_port)
}

/// Who offers one of these is rare: only then the whole hello must be sound.
fn offered_family(stream: &[u8]) -> Option<Family> {
    let offered = offered_protocols(first_fragment(stream)?).find_map(|protocol| match protocol {
        b"imap" => Some(Family::Imaps),
        b"pop3" => Some(Family::Pops),
        b"smtp" | b"esmtp" => Some(Family::Smtps), // not registered; Exim asks for it
        b"ftp" | b"ftp-data" => Some(Family::Ftps),
        _ => None,
    });
    offered.filter(|_| client_hello(stream).is_some())
}

/// Whether the application protocols may still come.
fn offer_is_open(stream: &[u8]) -> bool {
    client_hello(stream).is_some_and(|hello| !hello.complete)
}

fn client_hello(stream: &[u8]) -> Option<ClientHello<'_>> {
    first_fragment(stream).and_then(|message| parse_client_hello(message).ok())
}

/// What the first record of a stream holds of a handshake.
fn first_fragment(stream: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(stream);
    let (kind, _version, size) = (reader.u8()?, reader.u16()?, reader.u16()?);
    let there = reader.rest();
    (kind == HANDSHAKE).then(|| there.get(..usize::from(size)).unwrap_or(there))
}

fn probe_records(stream: &[u8]) -> Probe {
    let mut reader = Reader::new(stream);
    let Some(kind) = reader.u8() else { return Probe::NeedMore };
    if matches!(kind, 0x80 | 0x81) {
        return probe_version_2(stream);
    }
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
        Some(3) => matched(100, what, record_size + RECORD_HEADER_SIZE),
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
        [] => matched(55, what, size + RECORD_HEADER_SIZE),
        [CHANGE_CIPHER_SPEC..=APPLICATION_DATA] => Probe::NeedMore,
        [CHANGE_CIPHER_SPEC..=APPLICATION_DATA, 3, ..] => matched(85, what, size + RECORD_HEADER_SIZE),
        _ => Probe::No,
    }
}

/// The hellos of SSL 2, by which older clients ask for any version up to TLS 1.2 (RFC 5246 appendix E.2): a size of two bytes
/// with its top bit set, type, version, and the sizes of three parts that fill it.
fn probe_version_2(stream: &[u8]) -> Probe {
    let mut reader = Reader::new(stream);
    let mut next = || reader.u16();
    let Some(size) = next().map(|size| usize::from(size & 0x7fff)) else { return Probe::NeedMore };
    if size < 9 + 16 {
        return Probe::No;
    }
    let Some(kind) = reader.u8() else { return Probe::NeedMore };
    let mut next = || reader.u16();
    match kind {
        1 => {
            let Some(version) = next() else { return Probe::NeedMore };
            if !matches!(version, 0x0002 | 0x0300..=0x0303) {
                return Probe::No;
            }
            let (Some(suites), Some(session), Some(challenge)) = (next(), next(), next()) else {
                return Probe::NeedMore;
            };
            let parts = [suites, session, challenge].map(usize::from);
            let fits = suites > 0
                && suites % 3 == 0
                && matches!(session, 0 | 16)
                && (16..=32).contains(&challenge)
                && parts.iter().sum::<usize>() + 9 == size;
            if fits { matched(95, "ClientHello of SSL 2", size + 2) } else { Probe::No }
        }
        4 => {
            let (Some(flags), Some(version)) = (next(), next()) else { return Probe::NeedMore };
            let (Some(certificate), Some(suites), Some(id)) = (next(), next(), next()) else { return Probe::NeedMore };
            let parts = [certificate, suites, id].map(usize::from);
            let fits = version == 2 && flags >> 8 <= 1 && flags & 0xff <= 1 && parts.iter().sum::<usize>() + 11 == size;
            if fits { matched(90, "ServerHello of SSL 2", size + 2) } else { Probe::No }
        }
        _ => Probe::No,
    }
}

fn matched(confidence: u8, what: &'static str, size: usize) -> Probe {
    let size = u16::try_from(size).unwrap_or(u16::MAX);
    Probe::Match(Evidence { confidence, what, offset: 0, size })
}

/// Waits for one hello of each side and the responder's certificate; the verdict stands with the ClientHello's server name, or
/// with its end.
#[derive(Default)]
pub struct TlsInspector {
    sides: [Side; 2],
    has_client_hello: bool,
    messages: Messages,
    /// Memory to join records in.
    joined: Vec<u8>,
}

/// How far one direction has been read.
#[derive(Clone, Copy, Default)]
struct Side {
    read: usize,
    is_done: bool,
}

impl Inspector for TlsInspector {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let mut side = *sample.direction.of(&mut self.sides);
        if !side.is_done {
            let mut joined = std::mem::take(&mut self.joined);
            let (handshake, over) = handshake_of(sample.data, &mut joined);
            side.is_done = self.read_messages(handshake, &mut side.read, sample, found) || over;
            self.joined = joined;
        }
        *sample.direction.of(&mut self.sides) = side;
        let [one, other] = self.sides.map(|side| side.is_done);
        match (one, other) {
            (true, true) => Progress::Done,
            (false, false) if !found.has_host() && !self.has_client_hello => Progress::NeedMore,
            _ => Progress::Settled,
        }
    }

    fn is_done_with(&self, direction: Direction) -> bool {
        direction.one_of(self.sides.map(|side| side.is_done))
    }
}

/// The handshake bytes of the records at the start of a stream, and whether no more can follow. Those of one record, as most
/// hellos come, are read where they lie; those of more are joined.
fn handshake_of<'a>(stream: &'a [u8], joined: &'a mut Vec<u8>) -> (&'a [u8], bool) {
    let mut records = Reader::new(stream);
    let (first, end) = next_record(&mut records);
    let end = end.or_else(|| match records.rest().first() {
        Some(&HANDSHAKE) => None,
        next => Some(next.is_some()),
    });
    if let Some(over) = end {
        return (first, over);
    }
    joined.clear();
    joined.extend_from_slice(first);
    for _ in 1..MAX_RECORDS {
        let (fragment, end) = next_record(&mut records);
        joined.extend_from_slice(fragment);
        if let Some(over) = end {
            return (joined, over);
        }
        if joined.len() > MESSAGE_HEADER_SIZE + MAX_HELLO_SIZE {
            break;
        }
    }
    (joined, true)
}

/// What the next record holds of the handshake; where no other record of it follows yet, whether none ever will.
fn next_record<'a>(records: &mut Reader<'a>) -> (&'a [u8], Option<bool>) {
    let (kind, _version, size) = (records.u8(), records.u16(), records.u16());
    match (kind, size) {
        (Some(HANDSHAKE), Some(size)) => {
            let there = records.rest();
            records.take(size.into()).map_or((there, Some(false)), |fragment| (fragment, None))
        }
        (Some(HANDSHAKE) | None, _) => (&[], Some(false)),
        (Some(_), _) => (&[], Some(true)),
    }
}

impl TlsInspector {
    /// Reads the messages behind the first `read` bytes; true when nothing more is wanted of this direction.
    fn read_messages(&mut self, handshake: &[u8], read: &mut usize, sample: &Sample<'_>, found: &mut Findings) -> bool {
        while let Some(rest) = handshake.get(*read..) {
            let Some(size) = message_size(rest) else { return false };
            let end = self.messages.read(rest.get(..size).unwrap_or(rest), Carrier::Stream, found);
            self.has_client_hello |= rest.first() == Some(&CLIENT_HELLO) && rest.len() >= size;
            if rest.first() == Some(&CLIENT_HELLO) && end {
                self.messages.report_service(sample, found);
            }
            if end {
                return true;
            }
            if rest.len() < size {
                return false;
            }
            *read = read.saturating_add(size);
        }
        false
    }
}

/// The size of the message at the start, with its header.
fn message_size(data: &[u8]) -> Option<usize> {
    let mut reader = Reader::new(data);
    reader.u8()?;
    Some(MESSAGE_HEADER_SIZE + reader.u24()? as usize)
}

/// What the handshake messages of one connection say, whatever carries them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Messages {
    /// The service that the client's offer names.
    service: Option<&'static str>,
    has_name: bool,
    is_encrypted: bool,
}

impl Messages {
    /// Reads one message with its header, whole or as far as it is there; true when nothing more is wanted of its sender.
    pub fn read(&mut self, message: &[u8], carrier: Carrier, found: &mut Findings) -> bool {
        match message.first() {
            Some(&CLIENT_HELLO) => self.read_client_hello(message, carrier, found),
            Some(&SERVER_HELLO) => self.read_server_hello(message, found),
            Some(&CERTIFICATE) if message_size(message).is_some_and(|size| message.len() >= size) => {
                self.read_certificate(message, found);
                true
            }
            Some(&SERVER_HELLO_DONE) => true,
            _ => false,
        }
    }

    /// Names the service, once the ClientHello is whole.
    pub fn report_service(&self, sample: &Sample<'_>, found: &mut Findings) {
        const DNS_OVER_TLS: u16 = 853; // RFC 7858 §3.1
        if let Some(service) = self.service {
            found.set_service(service);
        } else if sample.responder_port == DNS_OVER_TLS && sample.direction == Direction::Originator {
            found.set_service("doh-dot");
        }
    }

    fn read_client_hello(&mut self, message: &[u8], carrier: Carrier, found: &mut Findings) -> bool {
        let Ok(hello) = parse_client_hello(message) else {
            sound_part_of_client_hello(message).report(found); // as if it had come byte by byte
            return true;
        };
        hello.report(found);
        self.has_name |= hello.server_name.is_some();
        if hello.complete {
            fingerprint::report_client(&hello, carrier, found);
            self.service = service_of_offer(&hello);
        }
        hello.complete
    }

    fn read_server_hello(&mut self, message: &[u8], found: &mut Findings) -> bool {
        let Ok(hello) = parse_server_hello(message) else { return true };
        let Some(hello) = hello else { return false };
        hello.report(found);
        fingerprint::report_server(&hello, found);
        self.is_encrypted = hello.version == TLS_1_3;
        self.is_encrypted
    }

    /// The first certificate of the list (RFC 5246 §7.4.2).
    fn read_certificate(&self, message: &[u8], found: &mut Findings) {
        const LIST_SIZE: usize = 3;
        let body = message.get(MESSAGE_HEADER_SIZE + LIST_SIZE..).unwrap_or_default();
        let mut reader = Reader::new(body);
        let certificate = reader.u24().and_then(|size| reader.take(size as usize));
        let Some(names) = certificate.and_then(Names::read) else { return };
        for (attribute, value) in [
            (Attribute::TlsCertificateSubject, names.subject),
            (
                Attribute::TlsCertificateIssuer,
                if names.issuer.is_empty() { names.issuer_organisation } else { names.issuer },
            ),
        ] {
            if !value.is_empty() {
                found.text(attribute, value);
            }
        }
        for host in &names.hosts {
            found.text(Attribute::TlsCertificateName, host);
        }
        if let Some(service) = service_of_certificate(&names) {
            found.set_service(service);
        } else if !self.has_name
            && let Some(host) = names.host()
        {
            found.set_certified_host(host);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tls::handshake::tests::{client_hello, server_name};
    use crate::formats::x509::tests::certificate;
    use crate::protocol::Transport;

    fn record(fragment: &[u8]) -> Vec<u8> {
        let size = u16::try_from(fragment.len()).unwrap().to_be_bytes();
        [&[HANDSHAKE, 3, 3, size[0], size[1]], fragment].concat()
    }

    fn certificate_message(certificate: &[u8]) -> Vec<u8> {
        let u24 = |size: usize| u32::try_from(size).unwrap().to_be_bytes()[1..].to_vec();
        let entry = [u24(certificate.len()), certificate.to_vec()].concat();
        [vec![CERTIFICATE], u24(entry.len() + 3), u24(entry.len()), entry].concat()
    }

    fn server_hello() -> Vec<u8> {
        [&[SERVER_HELLO, 0, 0, 38, 3, 3][..], &[9; 32], &[0, 0xc0, 0x2f, 0]].concat()
    }

    fn inspect(client: &[u8], server: &[u8]) -> Findings {
        let (mut tls, mut found) = (TlsInspector::default(), Findings::default());
        let base = Sample { transport: Transport::Tcp, ..Sample::EMPTY };
        for end in 0..=client.len() {
            tls.feed(&Sample { data: &client[..end], ..base }, &mut found);
        }
        for end in 0..=server.len() {
            tls.feed(&Sample { data: &server[..end], direction: Direction::Responder, ..base }, &mut found);
        }
        found
    }

    #[test]
    fn the_certificate_names_the_host_where_the_client_did_not() {
        let server = [server_hello(), certificate_message(&certificate("x", "Root", &["*.shop.example"]))].concat();
        assert_eq!(inspect(&record(&client_hello(b"")), &record(&server)).host(), Some("shop.example"));
        let named = record(&client_hello(&server_name("www.example.org")));
        assert_eq!(inspect(&named, &record(&server)).host(), Some("www.example.org"));
    }

    #[test]
    fn services_with_certificates_of_their_own_are_named() {
        for (subject, issuer, expected) in [
            ("AnyDesk Client", "AnyDesk Client", Some("anydesk")),
            ("www.abcdefgh2345.net", "www.zyxwvu765432.com", None), // an organisation stands there
            ("www.example.net", "www.example.com", None),
        ] {
            let server = [server_hello(), certificate_message(&certificate(subject, issuer, &[]))].concat();
            assert_eq!(inspect(&record(&client_hello(b"")), &record(&server)).service(), expected, "{subject}");
        }
    }

    #[test]
    fn a_port_tells_what_is_inside_and_an_offer_does_it_better() {
        let plain = record(&client_hello(b""));
        let offer = record(&client_hello(b"\x00\x10\x00\x07\x00\x05\x04imap"));
        for (data, port, family) in [
            (&plain, 993, Family::Imaps),
            (&plain, 995, Family::Pops),
            (&plain, 465, Family::Smtps),
            (&plain, 990, Family::Ftps),
            (&plain, 4433, Family::Tls),
            (&offer, 4433, Family::Imaps),
            (&offer, 995, Family::Imaps),
        ] {
            let sample = Sample { data, responder_port: port, ..Sample::EMPTY };
            for wanted in [Family::Tls, Family::Imaps, Family::Pops, Family::Smtps, Family::Ftps] {
                let claims = matches!(probe(&sample, wanted), Probe::Match(_));
                assert_eq!(claims, wanted == family, "{port} {wanted:?}");
            }
        }
    }

    #[test]
    fn a_record_alone_is_a_guess_and_a_chain_is_not() {
        let confidence = |data: &[u8]| match probe_records(data) {
            Probe::Match(evidence) => evidence.confidence,
            Probe::No | Probe::NeedMore => 0,
        };
        assert!(confidence(b"\x17\x03\x03\x00\x03abc") < 60);
        assert!(confidence(b"\x17\x03\x03\x00\x03abc\x17\x03\x03") >= 60);
        assert_eq!(probe_records(b"\x17\x03\x03\x00\x03abcd"), Probe::No);
    }

    #[test]
    fn hellos_of_ssl_2_must_fit() {
        let hello = [&b"\x80\x1c\x01\x03\x01\x00\x03\x00\x00\x00\x10\x01\x00\x80"[..], &[5; 16]].concat();
        assert!(matches!(probe_records(&hello), Probe::Match(_)));
        for end in 0..hello.len() {
            assert_ne!(probe_records(&hello[..end]), Probe::No, "{end}");
        }
        let mut broken = hello;
        broken[6] = 4;
        assert_eq!(probe_records(&broken), Probe::No);
    }
}
