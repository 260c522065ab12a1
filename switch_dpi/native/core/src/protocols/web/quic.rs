//! QUIC (RFC 9000, RFC 9369, the late drafts, Google's own): version, and what the client's hello in the Initial packets
//! says.

use crate::formats::quic::crypto_stream::{CryptoFrames, CryptoStream};
use crate::formats::quic::google::{self, PlainPacket};
use crate::formats::quic::initial::Keys;
use crate::formats::quic::packet::{Kind, MAX_CONNECTION_ID_SIZE, Packet};
use crate::formats::quic::version::{is_reserved, protection};
use crate::formats::tls::fingerprint::{self, Carrier};
use crate::formats::tls::handshake::parse_client_hello;
use crate::formats::tls::services;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Evidence, Example, Findings, Inspector, Probe, Progress, Sample, Transport,
};

/// A client's first datagrams are at least this large (RFC 9000 §14.1).
const MIN_INITIAL_DATAGRAM_SIZE: usize = 1200;
/// A client's first destination connection id has at least this many bytes (RFC 9000 §7.2).
const MIN_CLIENT_DESTINATION_SIZE: usize = 8;
/// The smallest packet that can be sampled, from its packet number on: four bytes, and the sample (RFC 9001 §5.4.2).
const MIN_PROTECTED_SIZE: usize = 4 + 16;
/// Ends a Retry packet, behind its token (RFC 9001 §5.8).
const RETRY_TAG_SIZE: usize = 16;
/// Datagrams read of one flow, all directions: a ClientHello has two, more where it is sent again.
const MAX_DATAGRAMS: u8 = 24;
/// Packets read of one datagram: Initial, 0-RTT, Handshake, and room for clients that cut small.
const MAX_PACKETS: usize = 8;

/// QUIC.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "quic",
    name: "QUIC",
    selector: 43,
    category: "web",
    tags: &["encrypted"],
    transports: &[Transport::Udp],
    ports: &[443, 784, 853, 8853],
    max_probe_size: MIN_INITIAL_DATAGRAM_SIZE,
    serves_sites: true,
    probe,
    inspector: Some(|| Box::<Quic>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if let Some(packet) = PlainPacket::read(sample.data) {
        let (confidence, what) =
            if packet.hello.is_some() { (98, "hello of Google QUIC") } else { (85, "header of Google QUIC") };
        return Probe::Match(Evidence { confidence, what, offset: 0, size: 14 });
    }
    let Some((packet, _)) = Packet::split(sample.data) else { return Probe::No };
    let size = sample.data.len();
    match packet.kind {
        Kind::Initial if packet.bytes.len() - packet.number_offset < MIN_PROTECTED_SIZE => Probe::No,
        Kind::Initial if is_first_of_client(&packet, size) => matched(95, "Initial packet of a client", &packet),
        Kind::Initial => matched(85, "Initial packet", &packet),
        Kind::Handshake | Kind::ZeroRtt if packet.bytes.len() - packet.number_offset >= MIN_PROTECTED_SIZE => {
            matched(80, "long header of a known version", &packet)
        }
        Kind::Retry if packet.bytes.len() > packet.header_size() + RETRY_TAG_SIZE => {
            matched(80, "Retry packet", &packet)
        }
        Kind::VersionNegotiation if negotiates(&packet) => matched(80, "version negotiation", &packet),
        Kind::Unknown if !is_first_of_client(&packet, size) => Probe::No,
        Kind::Unknown if is_reserved(packet.version) => matched(70, "Initial packet of a reserved version", &packet),
        Kind::Unknown => Probe::NeedMore, // the other end's list of versions would tell
        _ => Probe::No,
    }
}

fn matched(confidence: u8, what: &'static str, packet: &Packet<'_>) -> Probe {
    let size = u16::try_from(packet.header_size()).unwrap_or(u16::MAX);
    Probe::Match(Evidence { confidence, what, offset: 0, size })
}

fn is_first_of_client(packet: &Packet<'_>, datagram_size: usize) -> bool {
    datagram_size >= MIN_INITIAL_DATAGRAM_SIZE
        && (MIN_CLIENT_DESTINATION_SIZE..=MAX_CONNECTION_ID_SIZE).contains(&packet.destination.len())
        && packet.source.len() <= MAX_CONNECTION_ID_SIZE
}

/// A list of versions in which one at least is known, of two connection ids that are not both empty.
fn negotiates(packet: &Packet<'_>) -> bool {
    let ids = packet.destination.len().max(packet.source.len());
    (1..=MAX_CONNECTION_ID_SIZE).contains(&ids)
        && packet.has_whole_list()
        && packet.listed_versions().any(|version| protection(version).is_some())
}

/// Reads Initial packets until the ClientHello is whole.
#[derive(Debug, Default)]
struct Quic {
    keys: Option<Keys>,
    stream: CryptoStream,
    datagrams: u8,
}

impl Inspector for Quic {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        self.datagrams = self.datagrams.saturating_add(1);
        if let Some(packet) = PlainPacket::read(sample.data) {
            found.uint(Attribute::QuicVersion, packet.version.into());
            return self.read_google_hello(packet.hello.unwrap_or_default(), found);
        }
        self.read_datagram(sample, found);
        if self.stream.ready().starts_with(google::HELLO_TAG) {
            return self.read_google_hello(self.stream.ready(), found);
        }
        let Ok(hello) = parse_client_hello(self.stream.ready()) else { return Progress::Done };
        hello.report(found);
        if hello.complete {
            fingerprint::report_client(&hello, Carrier::Quic, found);
            if let Some(service) = services::service_of_offer(&hello) {
                found.set_service(service);
            }
        }
        match (hello.complete, hello.server_name) {
            (true, _) => Progress::Done,
            (false, Some(_)) if self.datagrams < MAX_DATAGRAMS => Progress::Settled,
            _ => self.wait(),
        }
    }
}

impl Quic {
    fn wait(&self) -> Progress {
        if self.datagrams < MAX_DATAGRAMS { Progress::NeedMore } else { Progress::Done }
    }

    fn read_google_hello(&self, hello: &[u8], found: &mut Findings) -> Progress {
        let Some(name) = google::server_name(hello) else { return self.wait() };
        found.text(Attribute::TlsSni, name);
        found.set_host(name);
        Progress::Done
    }

    fn read_datagram(&mut self, sample: &Sample<'_>, found: &mut Findings) {
        let mut rest = sample.data;
        for _ in 0..MAX_PACKETS {
            let Some((packet, after)) = Packet::split(rest) else { return };
            if packet.kind != Kind::VersionNegotiation {
                found.uint(Attribute::QuicVersion, packet.version.into());
            }
            if packet.kind == Kind::Initial
                && let (Some(protection), Some(payload)) = (packet.protection, self.open(&packet, sample.direction))
            {
                for (offset, piece) in CryptoFrames::new(&payload, protection.crypto_frame) {
                    self.stream.insert(offset, piece);
                }
            }
            rest = after;
        }
    }

    /// With the keys known so far, else with those of this packet's connection id: it changes with Retry, and after a
    /// version negotiation. The responder's packets have other keys; only where no originator's packet was seen may the
    /// responder be the client.
    fn open(&mut self, packet: &Packet<'_>, direction: Direction) -> Option<Vec<u8>> {
        if direction == Direction::Responder && self.keys.is_some() {
            return None;
        }
        if let Some(payload) = self.keys.and_then(|keys| keys.open(packet)) {
            return Some(payload);
        }
        let keys = Keys::of_client(packet.protection?, packet.destination)?;
        let payload = keys.open(packet)?;
        self.keys = Some(keys);
        Some(payload)
    }
}

/// Sealed by the test `the_example_is_what_its_parts_make`, which says what is in it.
const CLIENT_INITIAL: &[u8] = include_bytes!("../../formats/quic/client_initial.bin");

const EXAMPLES: &[Example] = &[
    Example {
        title: "version 1, ClientHello with SNI and ALPN",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: CLIENT_INITIAL,
        expect: &[
            (Attribute::QuicVersion, "1"),
            (Attribute::TlsSni, "video.example.net"),
            (Attribute::TlsAlpn, "h3"),
            (Attribute::TlsVersion, "772"),
        ],
    },
    Example {
        title: "version negotiation",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\xb5\x00\x00\x00\x00\x04abcd\x08originID\x6b\x33\x43\xcf\x00\x00\x00\x01\x1a\x2a\x3a\x4a",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::quic::initial::tests::{crypto_frame, seal};
    use crate::formats::tls::handshake::tests::{client_hello, server_name};
    use crate::protocol::Value;

    const DESTINATION: &[u8] = b"\x61\x0c\x58\x7f\x0e\x33\xaa\x91";

    fn hello() -> Vec<u8> {
        let mut extensions = server_name("video.example.net");
        extensions.extend(b"\x00\x10\x00\x05\x00\x03\x02h3");
        extensions.extend([0, 43, 0, 3, 2, 3, 4]);
        client_hello(&extensions)
    }

    fn sample(data: &[u8]) -> Sample<'_> {
        let direction = Direction::Originator;
        Sample { transport: Transport::Udp, direction, data, responder_port: 4433, ..Sample::EMPTY }
    }

    fn inspect(datagrams: &[Vec<u8>]) -> (Findings, Progress) {
        let (mut quic, mut found, mut progress) = (Quic::default(), Findings::default(), Progress::NeedMore);
        for datagram in datagrams {
            progress = quic.feed(&sample(datagram), &mut found);
        }
        (found, progress)
    }

    #[test]
    fn the_example_is_what_its_parts_make() {
        assert_eq!(CLIENT_INITIAL, seal(1, DESTINATION, 0, &crypto_frame(0, &hello()), 1200));
    }

    #[test]
    fn a_hello_in_shuffled_pieces_over_two_datagrams_is_read() {
        let hello = hello();
        let (start, middle, end) = (&hello[..20], &hello[20..70], &hello[70..]);
        for version in [1, 0x6b33_43cf, 0xff00_001d, 0xff00_0022, 0xff00_0017] {
            let first = [crypto_frame(70, end), vec![0, 0, 1], crypto_frame(0, start)].concat();
            let datagrams = [
                seal(version, DESTINATION, 0, &first, 1200),
                seal(version, DESTINATION, 1, &crypto_frame(20, middle), 1250),
            ];
            assert_eq!(inspect(&datagrams[..1]).1, Progress::NeedMore);
            let (found, progress) = inspect(&datagrams);
            assert_eq!(progress, Progress::Done);
            assert_eq!(found.host(), Some("video.example.net"));
            assert!(found.values().contains(&(Attribute::QuicVersion, Value::Uint(version.into()))));
        }
    }

    #[test]
    fn hellos_of_google_are_read_plain_and_protected() {
        let hello = crate::formats::quic::google::tests::hello(b"video.example.net");
        let plain = [&b"\x0d8 bytes.Q043\x01twelve bytes\xa0\x01\x04\x00"[..], &hello].concat();
        let mut frame = crypto_frame(0, &hello);
        frame[0] = 8;
        for datagram in [plain, seal(0x5130_3530, DESTINATION, 1, &frame, 1350)] {
            assert!(matches!(probe(&sample(&datagram)), Probe::Match(_)));
            let (found, progress) = inspect(&[datagram]);
            assert_eq!((found.host(), progress), (Some("video.example.net"), Progress::Done));
        }
    }

    #[test]
    fn after_a_retry_the_new_connection_id_makes_the_keys() {
        let hello = hello();
        let datagrams = [
            seal(1, DESTINATION, 0, &crypto_frame(0, &hello[..30]), 1200),
            seal(1, b"from retry", 1, &crypto_frame(0, &hello), 1200),
        ];
        assert_eq!(inspect(&datagrams).0.host(), Some("video.example.net"));
    }

    #[test]
    fn a_forged_packet_tells_its_version_only() {
        let mut datagram = CLIENT_INITIAL.to_vec();
        datagram[900] ^= 0x10;
        let (found, progress) = inspect(&[datagram]);
        assert_eq!((found.values().len(), found.host(), progress), (1, None, Progress::NeedMore));
    }

    #[test]
    fn a_reserved_version_is_believed_less_and_an_unknown_one_waits() {
        let mut datagram = CLIENT_INITIAL.to_vec();
        datagram[1..5].copy_from_slice(&[0x5a, 0x6a, 0x7a, 0x8a]);
        assert!(matches!(probe(&sample(&datagram)), Probe::Match(e) if e.confidence == 70));
        datagram[1..5].copy_from_slice(&[0x12, 0x34, 0x56, 0x78]);
        assert_eq!(probe(&sample(&datagram)), Probe::NeedMore);
        assert_eq!(probe(&sample(&datagram[..1199])), Probe::No);
    }

    #[test]
    fn what_is_not_quic_is_refused() {
        for data in [
            &b"\x16\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x00"[..],
            b"\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
            b"\x80\x00\x00\x00\x00\x00\x00",
            b"\x80\x00\x00\x00\x00\x04abcd\x00\x12\x34\x56\x78",
            b"\xc0\x00\x00\x00\x01",
            b"\xc0\x00\x00\x00\x01\x00\x00\x00\x02ab",
            b"\x40\x01\x02\x03",
            b"",
        ] {
            assert_eq!(probe(&sample(data)), Probe::No, "{data:?}");
        }
    }
}
