//! STUN (RFC 8489, RFC 3489), TURN (RFC 8656) and the checks of ICE (RFC 8445); whose call it serves, where it says so.
//!
//! DTLS and media share the ports of the checks (RFC 7983). A flow whose checks lead to DTLS goes on as DTLS; one whose checks lead
//! to media goes on as SRTP.

use crate::classification::inspection::FIRM;
use crate::formats::sdp::address_of;
use crate::formats::stun_message::{
    COOKIE, HEADER_SIZE, MESSAGE_INTEGRITY, Message, REALM, SOFTWARE, USERNAME, relayed, stream_offset,
};
use crate::frame::Address;
use crate::probing::lines::{contains_ignoring_case, is_text};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Evidence, Example, Expectation, Findings, Inspector, Probe, Progress, Sample, Transport,
};
use crate::protocols::{dtls, rtp, srtp};

/// Datagrams or messages read of one flow: the relay's name comes with its first refusal.
const MAX_MESSAGES: u8 = 16;
/// Both sizes before the cookie, and the transaction.
const MAX_PROBE_SIZE: usize = 2 + HEADER_SIZE + 64;
/// MAGIC-COOKIE, the first attribute of messages before RFC 5389 at Microsoft ([MS-TURN] §2.2.2.1).
const MS_MAGIC_COOKIE: &[u8] = b"\x00\x0f\x00\x04\x72\xc6\x4b\xc6";

/// STUN.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "stun",
    name: "STUN",
    selector: 202,
    category: "voip",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[3478, 3479, 5349, 19302, 19303, 19304, 19305, 19306, 19307, 19308, 19309],
    first_bytes: crate::protocol::FirstBytes::Where(|byte| byte < 64),
    max_probe_size: MAX_PROBE_SIZE,
    probe,
    inspector: Some(|| Box::<Stun>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.transport.is_stream() {
        return probe_stream(sample.data);
    }
    let Some(message) = Message::read(sample.data) else { return Probe::No };
    if sample.data.len() > HEADER_SIZE + message.size {
        return Probe::No;
    }
    if message.has_cookie {
        return matched(if message.is_whole() { 98 } else { 85 }, "STUN message with cookie", 0);
    }
    probe_classic(&message)
}

/// Without the cookie type, length and every attribute must fit (RFC 3489 §11).
fn probe_classic(message: &Message<'_>) -> Probe {
    let is_known =
        matches!(message.kind, 0x0001 | 0x0101 | 0x0111 | 0x0002 | 0x0102 | 0x0112 | 0x0003 | 0x0103 | 0x0113);
    let has_transaction = message.transaction.iter().filter(|byte| **byte != 0).count() >= 8;
    if !is_known || !message.is_whole() || !has_transaction {
        return Probe::No;
    }
    if message.attributes.starts_with(MS_MAGIC_COOKIE) {
        return matched(95, "message of Microsoft's TURN", 0);
    }
    match message.size {
        0 if message.kind == 0x0001 => matched(60, "binding request without attributes", 0),
        0 => Probe::No,
        _ if message.has_whole_attributes() && message.attributes().all(|(kind, _)| is_classic_attribute(kind)) => {
            matched(80, "STUN message", 0)
        }
        _ => Probe::No,
    }
}

/// Those of RFC 3489 §11.2 and of TURN's drafts, the optional ones, and the one that Zoom adds.
fn is_classic_attribute(kind: u16) -> bool {
    matches!(kind, 0x0001..=0x0019 | 0x0020..=0x0025 | 0x8000..=0x80ff | ZOOM)
}

fn probe_stream(stream: &[u8]) -> Probe {
    let at = |offset: usize| stream.get(offset..).unwrap_or_default();
    let fits = |offset: usize| {
        let head = at(offset);
        let is_kind = head.first().is_none_or(|byte| byte >> 6 == 0);
        let cookie = head.get(4..).unwrap_or_default();
        is_kind && cookie.iter().zip(COOKIE.to_be_bytes()).all(|(one, other)| *one == other)
    };
    let is_frame = || match (stream.first_chunk::<2>(), at(2).get(2..4)) {
        (Some(size), Some(&[high, low])) => {
            usize::from(u16::from_be_bytes(*size)) == HEADER_SIZE + usize::from(u16::from_be_bytes([high, low]))
        }
        _ => true,
    };
    let (plain, framed) = (fits(0), fits(2) && is_frame());
    match (plain, framed) {
        (true, _) if stream.len() >= 8 => matched(95, "STUN message in a stream", 0),
        (_, true) if stream.len() >= 10 => matched(98, "STUN message behind its size", 2),
        (false, false) => Probe::No,
        _ => Probe::NeedMore,
    }
}

fn matched(confidence: u8, what: &'static str, offset: u16) -> Probe {
    Probe::Match(Evidence { confidence, what, offset, size: HEADER_SIZE as u16 })
}

/// Reads the messages of both directions, and what may follow them on the same ports.
#[derive(Default)]
struct Stun {
    positions: [usize; 2],
    messages: u8,
    next: Option<Box<dyn Inspector>>,
}

impl Inspector for Stun {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if sample.transport.is_stream() {
            self.read_stream(sample, found);
        } else {
            self.messages = self.messages.saturating_add(1);
            if let Some(data) = relayed(sample.data) {
                read_relayed(&Sample { data, other: &[], reverse: &[], ..*sample }, found);
            }
            let is_message = sample.data.first().is_some_and(|first| *first < 4); // RFC 7983 §7
            match Message::read(sample.data).filter(|_| is_message) {
                Some(message) => report(&message, sample, found),
                None => return self.read_other(sample, found),
            }
        }
        let is_over = self.messages >= MAX_MESSAGES && self.next.is_none();
        if is_over { Progress::Done } else { Progress::Settled }
    }
}

impl Stun {
    /// A datagram that is no message: the key exchange of a call, or its media.
    fn read_other(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if self.next.is_none() {
            let is_firm =
                |protocol: &Descriptor| matches!((protocol.probe)(sample), Probe::Match(e) if e.confidence >= FIRM);
            let next = match () {
                () if is_firm(&dtls::DESCRIPTOR) => {
                    Some((dtls::DESCRIPTOR, dtls::DESCRIPTOR.inspector, "DTLS record after checks of the path"))
                }
                () if is_firm(&rtp::DESCRIPTOR) => {
                    Some((srtp::DESCRIPTOR, rtp::DESCRIPTOR.inspector, "RTP headers after checks of the path"))
                }
                () => None,
            };
            if let Some((protocol, inspector, why)) = next {
                found.go_on_as(protocol.key, why);
                self.next = inspector.map(|make| make());
            }
        }
        match self.next.as_mut() {
            Some(next) => next.feed(sample, found),
            None if self.messages >= MAX_MESSAGES => Progress::Done,
            None => Progress::Settled,
        }
    }

    fn read_stream(&mut self, sample: &Sample<'_>, found: &mut Findings) {
        let prefix = stream_offset(sample.data);
        let position = sample.direction.of(&mut self.positions);
        while let Some(message) = sample.data.get(*position + prefix..).and_then(Message::read) {
            if !message.is_whole() || self.messages >= MAX_MESSAGES {
                return;
            }
            report(&message, sample, found);
            self.messages = self.messages.saturating_add(1);
            *position = position.saturating_add(prefix + HEADER_SIZE + message.size);
        }
    }
}

/// What a relay carries for a call: its checks may say whose call it is, its key exchange and its media say what it is.
fn read_relayed(sample: &Sample<'_>, found: &mut Findings) {
    let is_firm = |protocol: &Descriptor| matches!((protocol.probe)(sample), Probe::Match(e) if e.confidence >= FIRM);
    match Message::read(sample.data).filter(|message| message.has_cookie && message.is_whole()) {
        Some(message) => report(&message, sample, found),
        None if is_firm(&dtls::DESCRIPTOR) => found.set_service(dtls::DESCRIPTOR.key),
        None => {}
    }
}

fn report(message: &Message<'_>, sample: &Sample<'_>, found: &mut Findings) {
    for (kind, value) in message.attributes() {
        let attribute = match kind {
            SOFTWARE => Attribute::StunSoftware,
            REALM => Attribute::StunRealm,
            USERNAME if sample.direction == Direction::Originator => Attribute::StunUserName,
            _ => continue,
        };
        let text = value.split(|byte| *byte == 0).next().unwrap_or_default();
        if !text.is_empty() && is_text(text) {
            found.text(attribute, text);
        }
        if kind == REALM && service_of_realm(text).is_none() && text.contains(&b'.') {
            found.set_host(text);
        }
    }
    if let Some(address) = message.mapped_address() {
        found.text(Attribute::StunMappedAddress, address.to_string().as_bytes());
    }
    if let Some(service) = service(message, sample) {
        found.set_service(service);
    }
    for end in message.relayed_ends().filter(|end| end.port() != 0) {
        hear_of(Some(address_of(end.ip())), end.port(), sample.direction, found);
    }
    if found.service().is_some() && sample.transport == Transport::Udp {
        // a call sends from one port to relays and peers alike (RFC 8445 §5.1.1): whatever else that port sends is the same call's
        hear_of(None, sample.originator_port, Direction::Originator, found);
    }
}

/// Checks of the same call will come from or to that end.
fn hear_of(address: Option<Address>, port: u16, by: Direction, found: &mut Findings) {
    found.hear_of(Expectation { transport: Transport::Udp, address, by, port, protocol: DESCRIPTOR.key });
}

/// An attribute of WhatsApp's relays; the range is not assigned (IANA "STUN Attributes").
const WHATSAPP: std::ops::RangeInclusive<u16> = 0x4000..=0x4009;
/// Zoom fills an attribute of its own with the digits in their order.
const ZOOM: u16 = 0x0101;
const ZOOM_VALUE: &[u8] = b"1234567890";
/// GOOG-NETWORK-INFO and its neighbours (IANA): any client built on Google's WebRTC library.
const GOOGLE_LIBRARY: std::ops::RangeInclusive<u16> = 0xc056..=0xc060;
/// Of Google's own relays: a token, and how it is carried.
const GOOGLE_RELAY: [u16; 2] = [0xff03, 0xff05];
/// CISCO-WEBEX-FLOW-INFO (IANA).
const WEBEX: u16 = 0xc003;
/// Where Google's media servers listen, as its administrators' guide says.
const GOOGLE_MEDIA_PORTS: std::ops::RangeInclusive<u16> = 19302..=19309;

/// Whose call it is, by what only they send.
fn service(message: &Message<'_>, sample: &Sample<'_>) -> Option<&'static str> {
    let is_google_port = GOOGLE_MEDIA_PORTS.contains(&sample.responder_port);
    let by_attribute = message.attributes().find_map(|(kind, value)| match kind {
        REALM => service_of_realm(value),
        SOFTWARE => service_of_software(value),
        WEBEX => Some("webex"),
        ZOOM if value.starts_with(ZOOM_VALUE) => Some("zoom"),
        kind if WHATSAPP.contains(&kind) => Some("whatsapp-call"),
        kind if GOOGLE_RELAY.contains(&kind) => Some("google-call"),
        kind if GOOGLE_LIBRARY.contains(&kind) && is_google_port => Some("google-call"),
        kind if is_of_microsoft(kind) => Some("skype-teams-call"),
        _ => None,
    });
    by_attribute.or_else(|| is_whatsapp_check(message).then_some("whatsapp-call"))
}

/// [MS-TURN] §2.2.2 and [MS-ICE2] §2.2: MS-Version, MS-Sequence-Number, Candidate-Identifier, MS-Service-Quality and more. Those
/// that others use too are left out.
fn is_of_microsoft(kind: u16) -> bool {
    matches!(kind, 0x8008 | 0x8032 | 0x8037 | 0x8038 | 0x8050 | 0x8054..=0x805b | 0x8070 | 0x8090 | 0x8095)
}

/// A check between peers must name its user (RFC 8445 §7.2.2); WhatsApp's has an integrity and nothing else.
fn is_whatsapp_check(message: &Message<'_>) -> bool {
    let mut kinds = message.attributes().map(|(kind, value)| (kind, value.len()));
    message.kind == 0x0001 && kinds.next() == Some((MESSAGE_INTEGRITY, 20)) && kinds.next().is_none()
}

/// Realms by which relays tell whose they are.
const REALMS: &[(&[u8], &str)] = &[
    (b"turner.facebook", "facebook-voip"),
    (b"facebook", "facebook-voip"),
    (b"whatsapp", "whatsapp-call"),
    (b"l.google.com", "google-call"),
    (b"signal.org", "signal-call"),
    (b"whispersystems.org", "signal-call"),
    (b"telegram", "telegram-call"),
    (b"viber", "viber-call"),
    (b"snapchat", "snapchat-call"),
    (b"rtcmedia.lync", "skype-teams-call"),
    (b"skype.com", "skype-teams-call"),
    (b"teams.microsoft", "skype-teams-call"),
    (b"zoom.us", "zoom"),
    (b"wire.com", "wire"),
    (b"discord", "discord"),
    (b"line-apps", "line-call"),
    (b"kakao", "kakaotalk-call"),
];

fn service_of_realm(realm: &[u8]) -> Option<&'static str> {
    REALMS.iter().find(|(part, _)| contains_ignoring_case(realm, part)).map(|(_, key)| *key)
}

/// Software that only one service runs; libraries and relays that anyone may run name none.
fn service_of_software(software: &[u8]) -> Option<&'static str> {
    const SOFTWARES: &[(&[u8], &str)] =
        &[(b"TANDBERG", "webex"), (b"Webex", "webex"), (b"Viber", "viber-call"), (b"TelegramDesktop", "telegram-call")];
    SOFTWARES.iter().find(|(part, _)| contains_ignoring_case(software, part)).map(|(_, key)| *key)
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "binding response",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x01\x01\x00\x18\x21\x12\xa4\x42abcdefghijkl\x00\x20\x00\x08\x00\x01\xe1\x43\xe1\x12\xa6\x43\x80\x22\x00\x08restund ",
        expect: &[],
    },
    Example {
        title: "allocation refused, with realm and software",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x01\x13\x00\x2c\x21\x12\xa4\x42abcdefghijkl\x00\x09\x00\x04\x00\x00\x04\x01\x00\x14\x00\x0bexample.org\x00\x80\x22\x00\x10Coturn-4.5.2 dan",
        expect: &[(Attribute::StunRealm, "example.org"), (Attribute::StunSoftware, "Coturn-4.5.2 dan")],
    },
    Example {
        title: "check between two peers, behind its size",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x00\x2c\x00\x01\x00\x18\x21\x12\xa4\x42abcdefghijkl\x00\x06\x00\x09ab12:cd34\x00\x00\x00\x00\x24\x00\x04\x6e\x00\x1e\xff",
        expect: &[(Attribute::StunUserName, "ab12:cd34")],
    },
    Example {
        title: "binding response of the first version",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x01\x01\x00\x0cabcdefghijklmnop\x00\x01\x00\x08\x00\x01\x1f\x90\xc0\x00\x02\x01",
        expect: &[(Attribute::StunMappedAddress, "192.0.2.1:8080")],
    },
    Example {
        title: "allocation over TCP",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x00\x03\x00\x08\x21\x12\xa4\x42abcdefghijkl\x00\x19\x00\x04\x11\x00\x00\x00",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn service_of(data: &[u8], responder_port: u16) -> Option<&'static str> {
        let (mut stun, mut found) = (Stun::default(), Findings::default());
        let sample = Sample { transport: Transport::Udp, data, responder_port, ..Sample::EMPTY };
        assert!(matches!(probe(&sample), Probe::Match(_)));
        stun.feed(&sample, &mut found);
        found.service()
    }

    fn request(attributes: &[u8]) -> Vec<u8> {
        let size = u16::try_from(attributes.len()).unwrap().to_be_bytes();
        [&[0, 1, size[0], size[1]][..], &COOKIE.to_be_bytes(), b"abcdefghijkl", attributes].concat()
    }

    #[test]
    fn services_are_told_by_their_own_attributes() {
        let integrity = [&[0, 8, 0, 20][..], &[7; 20]].concat();
        for (attributes, port, expected) in [
            (&b"\x40\x00\x00\x02ab"[..], 3478, Some("whatsapp-call")),
            (b"\x00\x14\x00\x0fturner.facebook\x00", 40_003, Some("facebook-voip")),
            (b"\x80\x70\x00\x04\x00\x00\x00\x03", 42_000, Some("skype-teams-call")),
            (b"\xc0\x57\x00\x04\x00\x03\x00\x0a", 19_305, Some("google-call")),
            (b"\xc0\x57\x00\x04\x00\x03\x00\x0a", 40_000, None),
            (&integrity, 40_000, Some("whatsapp-call")),
            (b"\x80\x22\x00\x04None", 3478, None),
        ] {
            assert_eq!(service_of(&request(attributes), port), expected, "{attributes:?}");
        }
    }

    #[test]
    fn what_follows_the_checks_is_what_the_flow_goes_on_as() {
        let check = request(b"");
        let dtls = b"\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x0c\x0e\0\0\0\0\0\0\0\0\0\0\0";
        let media = [&b"\x80\x60\0\x01\0\0\0\x01abcdefgh"[..], b"\x80\x60\0\x02\0\0\0\xa1abcdefgh"];
        let service = request(b"\x40\0\0\x02ab\0\0");
        for (datagrams, expected) in [
            (&[&check[..], dtls][..], Some("dtls")),
            (&[&service, dtls], Some("dtls")),
            (&[&check, media[0], media[1]], Some("srtp")),
            (&[&service, media[0], media[1]], Some("srtp")),
            (&[&check, media[0], b"\xff\xff"], None),
        ] {
            let (mut stun, mut found, mut other) = (Stun::default(), Findings::default(), &b""[..]);
            for data in datagrams {
                stun.feed(&Sample { transport: Transport::Udp, data, other, ..Sample::EMPTY }, &mut found);
                other = data;
            }
            assert_eq!(found.take_goes_on().map(|(key, _)| key), expected, "{datagrams:02x?}");
        }
    }

    #[test]
    fn the_ends_of_a_relay_are_heard_of() {
        let (mut stun, mut found) = (Stun::default(), Findings::default());
        let binding = b"\x00\x09\x00\x14\x21\x12\xa4\x42abcdefghijkl\x00\x0c\x00\x04\x40\x00\x00\x00\x00\x12\x00\x08\x00\x01\xe1\x43\xe1\x12\xa6\x43";
        stun.feed(&Sample { transport: Transport::Udp, data: binding, ..Sample::EMPTY }, &mut found);
        let heard_of: Vec<_> = found.take_heard_of().iter().map(|end| (end.address, end.port)).collect();
        assert_eq!(heard_of, [(Some(Address::from_v4([192, 0, 2, 1])), 0xc051)]);
    }

    #[test]
    fn checks_between_the_messages_of_a_key_exchange_do_not_end_it() {
        let (mut stun, mut found, check) = (Stun::default(), Findings::default(), request(b""));
        let mut feed = |data| stun.feed(&Sample { transport: Transport::Udp, data, ..Sample::EMPTY }, &mut found);
        feed(&check);
        feed(dtls::DESCRIPTOR.examples[0].data);
        assert!((0..MAX_MESSAGES).all(|_| feed(&check) == Progress::Settled));
    }

    #[test]
    fn a_message_without_cookie_must_fit_to_its_end() {
        let sample = |data| Sample { transport: Transport::Udp, data, ..Sample::EMPTY };
        assert!(matches!(probe(&sample(b"\x00\x01\x00\x00abcdefghijklmnop")), Probe::Match(_)));
        for data in [
            &b"\x00\x01\x00\x00abcdefghijklmnopq"[..],
            b"\x00\x05\x00\x00abcdefghijklmnop",
            b"\x00\x01\x00\x00\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
            b"\x00\x01\x00\x08abcdefghijklmnop\x0a\x01\x00\x04abcd",
            b"\x40\x01\x00\x00abcdefghijklmnop",
        ] {
            assert_eq!(probe(&sample(data)), Probe::No, "{data:?}");
        }
    }
}
