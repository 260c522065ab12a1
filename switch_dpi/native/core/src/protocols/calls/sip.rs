//! SIP (RFC 3261) over UDP and TCP: who calls whom, with what; the media of session descriptions are announced.

use crate::formats::sdp::expect_media;
use crate::probing::answers::matched;
use crate::probing::lines::{Lines, is_text, split_word, starts_with_ignoring_case};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Evidence, Example, Findings, Inspector, Probe, Progress, Sample, Transport,
};

/// A start line with a long URI; more is asked for in no case.
const MAX_START_LINE_SIZE: usize = 2048;
/// The header of a message: an INVITE with many Via and Record-Route fields has some 4 KB.
const MAX_HEADER_SIZE: usize = 16 * 1024;
/// Messages read of a direction: a call is set up within these.
const MAX_MESSAGES: u8 = 8;
/// The longest method in use is SUBSCRIBE; an extension may be longer (RFC 3261 §25.1 sets no bound).
const MAX_METHOD_SIZE: usize = 24;
/// Ends a request's start line and begins a response's (RFC 3261 §7.1).
const VERSION: &[u8] = b"SIP/2.0";

/// SIP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sip",
    name: "SIP",
    selector: 60,
    category: "voip",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[5060],
    max_probe_size: MAX_START_LINE_SIZE,
    probe,
    inspector: Some(|| Box::<Sip>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let skipped = keep_alive_size(sample.data);
    let message = sample.data.get(skipped..).unwrap_or_default();
    match message.first() {
        None => return Probe::NeedMore,
        Some(byte) if !byte.is_ascii_alphabetic() => return Probe::No, // before anything longer is looked at
        Some(_) => {}
    }
    let mut lines = Lines::new(message, 0);
    match lines.next() {
        Some(line) => match start_line(line) {
            Some(start) => Probe::Match(evidence(&start, skipped, line.len())),
            None if sample.transport == Transport::Udp && is_text(line) && is_damaged_message(message) => {
                matched(80, "SIP message with a damaged start line", line.len())
            }
            None => Probe::No,
        },
        None if is_greeting(sample) => matched(55, "hello between SIP ports", message.len()),
        None if sample.transport == Transport::Tcp && may_become_start_line(message) => Probe::NeedMore,
        None => Probe::No,
    }
}

/// A method with its address, or a Via field behind what could be a start line: SIP with a few wrong bytes.
fn is_damaged_message(message: &[u8]) -> bool {
    const STARTS: &[&[u8]] = &[
        b"INVITE",
        b"ACK",
        b"BYE",
        b"CANCEL",
        b"REGISTER",
        b"OPTIONS",
        b"PRACK",
        b"SUBSCRIBE",
        b"NOTIFY",
        b"PUBLISH",
        b"INFO",
        b"REFER",
        b"MESSAGE",
        b"UPDATE",
        b"SIP/",
    ];
    const VIA: &[u8] = b"\nVia: SIP/2.0/";
    const MAX_DISTANCE: usize = 512;
    let Some(rest) = STARTS.iter().find_map(|start| message.strip_prefix(*start)) else { return false };
    let is_request = [&b" sip:"[..], b" sips:", b" tel:"].iter().any(|uri| rest.starts_with(uri));
    let near = rest.get(..MAX_DISTANCE).unwrap_or(rest);
    is_request || near.windows(VIA.len()).any(|window| window == VIA)
}

/// What some devices keep their path open with; too little to be sure of.
fn is_greeting(sample: &Sample<'_>) -> bool {
    sample.transport == Transport::Udp
        && sample.data == b"hello"
        && (DESCRIPTOR.ports.contains(&sample.originator_port) || DESCRIPTOR.ports.contains(&sample.responder_port))
}

fn evidence(start: &StartLine<'_>, offset: usize, size: usize) -> Evidence {
    let what = match start {
        StartLine::Request { .. } => "SIP request line",
        StartLine::Status(_) => "SIP status line",
    };
    let short = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
    Evidence { confidence: 100, what, offset: short(offset), size: short(size) }
}

/// Empty lines before a message are skipped (RFC 3261 §7.5); two of them alone keep a connection alive (RFC 5626 §3.5.1).
fn keep_alive_size(data: &[u8]) -> usize {
    const MOST: usize = 64;
    data.iter().take(MOST).take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

enum StartLine<'a> {
    Request { method: &'a [u8], uri: &'a [u8] },
    Status(u16),
}

/// `METHOD URI SIP/2.0` or `SIP/2.0 ddd reason` (RFC 3261 §7.1, §7.2).
fn start_line(line: &[u8]) -> Option<StartLine<'_>> {
    if line.len() > MAX_START_LINE_SIZE || !is_text(line) {
        return None;
    }
    let (first, rest) = split_word(line);
    if first.eq_ignore_ascii_case(VERSION) {
        let (code, _reason) = split_word(rest);
        let is_code =
            code.len() == 3 && matches!(code.first(), Some(b'1'..=b'6')) && code.iter().all(u8::is_ascii_digit);
        return is_code
            .then(|| StartLine::Status(code.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'))));
    }
    let (uri, version) = split_word(rest);
    let is_request = is_method(first) && is_uri(uri) && version.eq_ignore_ascii_case(VERSION);
    is_request.then_some(StartLine::Request { method: first, uri })
}

/// A token (RFC 3261 §25.1); all methods so far are of capital letters.
fn is_method(word: &[u8]) -> bool {
    (1..=MAX_METHOD_SIZE).contains(&word.len())
        && word.iter().all(|b| b.is_ascii_uppercase() || matches!(b, b'-' | b'_'))
}

/// A scheme, a colon, and more: `sip:`, `sips:`, `tel:`, `urn:` …
fn is_uri(word: &[u8]) -> bool {
    let scheme = word.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    scheme >= 3 && word.get(scheme) == Some(&b':') && word.len() > scheme + 1
}

/// Whether bytes without a line's end can still become a start line.
fn may_become_start_line(data: &[u8]) -> bool {
    let known = data.len().min(VERSION.len());
    if data.get(..known).is_some_and(|start| VERSION.get(..known).is_some_and(|v| start.eq_ignore_ascii_case(v))) {
        return true;
    }
    let (method, rest) = split_word(data);
    let has_space = method.len() < data.len();
    let uri_fits = match rest.iter().position(|byte| *byte == b':') {
        Some(_) => is_uri(split_word(rest).0) || rest.ends_with(b":"),
        None => rest.len() <= 8 && rest.iter().all(u8::is_ascii_alphanumeric),
    };
    let version = split_word(rest).1;
    let version_fits = VERSION.len() >= version.len() && starts_with_ignoring_case(VERSION, version)
        || version.strip_suffix(b"\r").is_some_and(|v| v.eq_ignore_ascii_case(VERSION));
    is_method(method) && (!has_space || (uri_fits && version_fits))
}

/// Reads messages; those of a stream are found by their Content-Length (RFC 3261 §18.3).
#[derive(Debug, Default)]
struct Sip {
    halves: [Half; 2],
}

/// How far one direction has been read.
#[derive(Debug, Default)]
struct Half {
    position: usize,
    messages: u8,
    is_finished: bool,
}

impl Inspector for Sip {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let half = sample.direction.of(&mut self.halves);
        match sample.transport {
            Transport::Tcp => half.read_stream(sample, found),
            _ => half.read_datagram(sample, found),
        }
        if self.halves.iter().all(|half| half.is_finished) { Progress::Done } else { Progress::Settled }
    }
}

impl Half {
    fn read_datagram(&mut self, sample: &Sample<'_>, found: &mut Findings) {
        if self.is_finished {
            return;
        }
        let message = sample.data.get(keep_alive_size(sample.data)..).unwrap_or_default();
        if let Some(read) = Message::read(message, true) {
            read.report(sample.direction, found);
            let body = message.get(read.header_size..).filter(|_| read.header_size > 0);
            expect_media(body.unwrap_or_default(), sample.direction, found);
            self.count();
        }
    }

    fn read_stream(&mut self, sample: &Sample<'_>, found: &mut Findings) {
        while !self.is_finished {
            let rest = sample.data.get(self.position..).unwrap_or_default();
            let skipped = keep_alive_size(rest);
            let rest = rest.get(skipped..).unwrap_or_default();
            let Some(message) = Message::read(rest, false) else {
                self.is_finished = rest.len() > MAX_HEADER_SIZE;
                return;
            };
            let body = rest.get(message.header_size..).unwrap_or_default();
            if body.len() < message.body_size && rest.len() < MAX_HEADER_SIZE {
                return; // a description that is not all there would announce half of its media
            }
            message.report(sample.direction, found);
            expect_media(body.get(..message.body_size).unwrap_or(body), sample.direction, found);
            self.count();
            self.position =
                self.position.saturating_add(skipped + message.header_size).saturating_add(message.body_size);
        }
    }

    fn count(&mut self) {
        self.messages = self.messages.saturating_add(1);
        self.is_finished |= self.messages >= MAX_MESSAGES;
    }
}

/// The fields of one message that are reported.
struct Message<'a> {
    start: StartLine<'a>,
    from: &'a [u8],
    to: &'a [u8],
    call_id: &'a [u8],
    user_agent: &'a [u8],
    header_size: usize,
    body_size: usize,
}

impl<'a> Message<'a> {
    /// Reads start line and header; without the empty line at its end only where `may_be_cut`.
    fn read(data: &'a [u8], may_be_cut: bool) -> Option<Self> {
        let mut lines = Lines::new(data, 0);
        let start = start_line(lines.next()?)?;
        let mut message =
            Self { start, from: &[], to: &[], call_id: &[], user_agent: &[], header_size: 0, body_size: 0 };
        for line in lines.by_ref() {
            if line.is_empty() {
                message.header_size = lines.position();
                return Some(message);
            }
            message.read_field(line);
        }
        may_be_cut.then_some(message)
    }

    /// Long and compact names (RFC 3261 §7.3.3); the first of each counts.
    fn read_field(&mut self, line: &'a [u8]) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return };
        let (name, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        let field = match name.trim_ascii().to_ascii_lowercase().as_slice() {
            b"from" | b"f" => &mut self.from,
            b"to" | b"t" => &mut self.to,
            b"call-id" | b"i" => &mut self.call_id,
            b"user-agent" | b"server" => &mut self.user_agent,
            b"content-length" | b"l" => {
                self.body_size = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
                return;
            }
            _ => return,
        };
        if field.is_empty() {
            *field = value;
        }
    }

    fn report(&self, direction: Direction, found: &mut Findings) {
        match &self.start {
            StartLine::Request { method, uri } => {
                found.text(Attribute::SipMethod, method);
                if let (Direction::Originator, Some(host)) = (direction, host_name(uri)) {
                    found.set_host(host);
                }
            }
            StartLine::Status(code) => found.uint(Attribute::SipStatus, (*code).into()),
        }
        for (attribute, value) in [
            (Attribute::SipCaller, address_uri(self.from)),
            (Attribute::SipCallee, address_uri(self.to)),
            (Attribute::SipCallId, self.call_id),
            (Attribute::SipUserAgent, self.user_agent),
        ] {
            if !value.is_empty() {
                found.text(attribute, value);
            }
        }
    }
}

/// The URI of `"Name" <uri>;tag=1` or of `uri;tag=1` (RFC 3261 §20.10): in brackets, or up to the first parameter.
fn address_uri(value: &[u8]) -> &[u8] {
    let mut is_quoted = false;
    let mut is_escaped = false;
    let bracket = value.iter().position(|byte| {
        let is_bracket = *byte == b'<' && !is_quoted;
        is_quoted ^= *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_bracket
    });
    match bracket.and_then(|at| value.get(at + 1..)) {
        Some(inner) => inner.split(|byte| *byte == b'>').next().unwrap_or_default(),
        None => value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii(),
    }
}

/// The domain of `sip:user:password@domain:port;parameters`; addresses name nothing.
fn host_name(uri: &[u8]) -> Option<&[u8]> {
    let scheme = uri.iter().position(|byte| *byte == b':')?;
    let (name, rest) = uri.split_at(scheme);
    if !name.eq_ignore_ascii_case(b"sip") && !name.eq_ignore_ascii_case(b"sips") {
        return None;
    }
    let rest = rest.get(1..)?;
    let after_user = rest.iter().rposition(|byte| *byte == b'@').map_or(Some(rest), |at| rest.get(at + 1..))?;
    let host = after_user.split(|byte| matches!(byte, b':' | b';' | b'?')).next()?;
    let is_name = host.iter().any(u8::is_ascii_alphabetic) && host.contains(&b'.') && !host.starts_with(b"[");
    is_name.then_some(host)
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "INVITE over UDP",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"INVITE sip:bob@voice.example.net SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.5:5060;branch=z9hG4bK77\r\nFrom: \"Ann <home>\" <sip:ann@example.org>;tag=19\r\nTo: <sip:bob@voice.example.net>\r\nCall-ID: 7f3a@192.0.2.5\r\nCSeq: 1 INVITE\r\nUser-Agent: deskphone/3.1\r\nContent-Length: 4\r\n\r\nv=0\n",
        expect: &[
            (Attribute::SipMethod, "INVITE"),
            (Attribute::SipCaller, "sip:ann@example.org"),
            (Attribute::SipCallee, "sip:bob@voice.example.net"),
            (Attribute::SipCallId, "7f3a@192.0.2.5"),
            (Attribute::SipUserAgent, "deskphone/3.1"),
        ],
    },
    Example {
        title: "two responses in one stream, compact names, the second one final",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"SIP/2.0 183 Session Progress\r\nf: sip:ann@example.org;tag=19\r\nt: <sip:+4930123@example.net;user=phone>;tag=8\r\ni: abc\r\nl: 5\r\n\r\nv=0\r\nSIP/2.0 486 Busy Here\r\nServer: gateway\r\nl: 0\r\n\r\n",
        expect: &[
            (Attribute::SipStatus, "183"),
            (Attribute::SipStatus, "486"),
            (Attribute::SipCaller, "sip:ann@example.org"),
            (Attribute::SipCallee, "sip:+4930123@example.net;user=phone"),
            (Attribute::SipCallId, "abc"),
            (Attribute::SipUserAgent, "gateway"),
        ],
    },
    Example {
        title: "OPTIONS over TCP to a telephone number, after a keep-alive",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\r\n\r\nOPTIONS tel:+1-201-555-0123 SIP/2.0\r\nContent-Length: 0\r\n\r\n",
        expect: &[(Attribute::SipMethod, "OPTIONS")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(transport: Transport, data: &[u8]) -> Sample<'_> {
        let direction = Direction::Originator;
        Sample { transport, direction, data, responder_port: 7000, ..Sample::EMPTY }
    }

    #[test]
    fn sisters_of_sip_are_refused() {
        for data in [
            &b"OPTIONS * HTTP/1.1\r\n\r\n"[..],
            b"OPTIONS rtsp://example.org/ RTSP/1.0\r\n\r\n",
            b"GET http://example.org/ HTTP/1.1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\n",
            b"SIP/2.0 99 x\r\n",
            b"SIP/2.0 700 x\r\n",
            b"INVITE bob SIP/2.0\r\n",
            b"invite sip:bob@x SIP/2.0\r\n",
            b"INVITE sip:b\x00b@x SIP/2.0\r\n",
            b"NOTIFY * HTTP/1.1\r\n",
        ] {
            assert_eq!(probe(&sample(Transport::Tcp, data)), Probe::No, "{data:?}");
            assert_eq!(probe(&sample(Transport::Udp, data)), Probe::No, "{data:?}");
        }
    }

    #[test]
    fn a_stream_is_let_go_as_soon_as_it_cannot_be() {
        for data in [&b"GET /"[..], b"\x16\x03", b"OPTIONS * ", b"INVITE sip:a@b HT", b"SIP/1", b"Invite"] {
            assert_eq!(probe(&sample(Transport::Tcp, data)), Probe::No, "{data:?}");
        }
    }

    #[test]
    fn a_datagram_cut_in_its_header_still_tells() {
        let data = b"BYE sip:a@example.org SIP/2.0\r\nFrom: <sip:c@example.org>\r\nTo: <sip:d@exa";
        let (mut sip, mut found) = (Sip::default(), Findings::default());
        sip.feed(&sample(Transport::Udp, data), &mut found);
        assert_eq!(found.values().len(), 2);
        assert_eq!(found.host(), Some("example.org"));
    }

    #[test]
    fn an_offer_announces_its_media() {
        let data = b"INVITE sip:b@example.org SIP/2.0\r\nContent-Length: 59\r\n\r\nv=0\r\nc=IN IP4 192.0.2.5\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0 8\r\n";
        for transport in [Transport::Udp, Transport::Tcp] {
            let (mut sip, mut found) = (Sip::default(), Findings::default());
            sip.feed(&sample(transport, data), &mut found);
            let ports: Vec<_> = found.take_expected().iter().map(|e| (e.port, e.protocol)).collect();
            assert_eq!(ports, [(49170, "rtp"), (49171, "rtcp")], "{transport:?}");
        }
    }

    #[test]
    fn a_few_wrong_bytes_still_tell() {
        for data in [
            &b"INVITE sip:a@example.org SIP/a.0\r\nVia: x\r\n"[..],
            b"SIP/x.0 100 trying\r\nVia: SIP/2.0/UDP 192.0.2.1\r\n",
        ] {
            assert!(matches!(probe(&sample(Transport::Udp, data)), Probe::Match(_)));
            assert_eq!(probe(&sample(Transport::Tcp, data)), Probe::No);
        }
    }

    #[test]
    fn the_domain_of_a_uri_is_a_name() {
        assert_eq!(host_name(b"sip:a:b@voip.example.org:5061;transport=tcp"), Some(&b"voip.example.org"[..]));
        for uri in [&b"sip:192.0.2.1"[..], b"sip:[2001:db8::1]", b"tel:+1", b"sip:localhost", b"x"] {
            assert_eq!(host_name(uri), None);
        }
    }
}
