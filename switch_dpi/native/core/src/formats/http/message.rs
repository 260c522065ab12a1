//! HTTP/1.0 and 1.1 (RFC 9112): start lines, and header fields of the first request and the first response; to servers, and to
//! proxies, who are asked for whole URLs or for connections.

use memchr::memchr;

use crate::formats::bittorrent_peers;
use crate::formats::http::services;
use crate::probing::lines::{Lines, starts_with_ignoring_case};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Direction, Evidence, Findings, Inspector, Probe, Progress, Sample};

/// What the request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A path, or `*`, of the server itself (RFC 9112 §3.2.1, §3.2.4); responses count here too.
    Origin,
    /// A whole URL (§3.2.2).
    Absolute,
    /// A connection to somewhere (§3.2.3).
    Authority,
}

/// RFC 9112 §3 asks for 8,000 octets at least.
pub const MAX_START_LINE_SIZE: usize = 8192;
/// The longest registered method has 17 letters (UPDATEREDIRECTREF).
const MAX_METHOD_SIZE: usize = 24;
const VERSION: &[u8] = b"HTTP/1.";
/// Of a request's JSON body so much is read: the method of a call stands near its beginning.
const MAX_BODY_SIZE: usize = 512;
/// Of a tracker's answer: some hundred peers, each as a dictionary.
const MAX_TRACKER_SIZE: usize = 8192;
/// Methods whose request is recognised, weakly, before its version has come.
const USUAL_METHODS: &[&[u8]] = &[b"GET", b"POST", b"HEAD", b"PUT"];

/// Says whether a stream is HTTP whose requests have this form.
#[must_use]
pub fn probe(sample: &Sample<'_>, wanted: Form) -> Probe {
    if sample.data.is_empty() {
        return Probe::NeedMore;
    }
    if !starts_alike(sample.data, VERSION) {
        return probe_request_line(sample.data, wanted);
    }
    match (wanted, probe_status_line(sample.data)) {
        (Form::Origin, answer) if form_of_request(sample.other).is_none_or(|form| form == Form::Origin) => answer,
        (Form::Origin, Probe::Match(_)) => Probe::No,
        (_, Probe::Match(_)) => Probe::NeedMore, // the request would tell
        (_, answer) => answer,
    }
}

/// The form of the request at the start of the other direction's stream.
fn form_of_request(stream: &[u8]) -> Option<Form> {
    let mut words = stream.split(|byte| *byte == b' ');
    let (method, target) = (words.next()?, words.next()?);
    Some(form(method, target))
}

fn form(method: &[u8], target: &[u8]) -> Form {
    if method == b"CONNECT" {
        Form::Authority
    } else if SCHEMES.iter().any(|scheme| starts_with_ignoring_case(target, scheme)) {
        Form::Absolute
    } else {
        Form::Origin
    }
}

/// Of the URLs that proxies are asked for.
const MAX_SCHEME_SIZE: usize = 8;
const SCHEMES: &[&[u8]] = &[b"http://", b"https://", b"ftp://", b"ws://"];

/// `HTTP/1.1 200` (RFC 9112 §4).
fn probe_status_line(data: &[u8]) -> Probe {
    let Some(rest) = data.get(VERSION.len()..) else { return Probe::NeedMore };
    let fits = |(at, byte): (usize, &u8)| if at == 1 { *byte == b' ' } else { byte.is_ascii_digit() };
    const STATUS_SIZE: usize = 5; // minor version, space, three digits
    if !rest.iter().take(STATUS_SIZE).enumerate().all(fits) {
        return Probe::No;
    }
    if rest.len() < STATUS_SIZE {
        Probe::NeedMore
    } else {
        matched(100, "HTTP status line", VERSION.len() + STATUS_SIZE)
    }
}

/// `GET /path HTTP/1.1` (RFC 9112 §3), whatever the method.
fn probe_request_line(data: &[u8], wanted: Form) -> Probe {
    let method_size = data.iter().take_while(|byte| is_token(**byte)).count();
    if method_size == 0 || method_size > MAX_METHOD_SIZE {
        return Probe::No;
    }
    let (Some(method), Some(rest)) = (data.get(..method_size), data.get(method_size..)) else { return Probe::No };
    let Some((b' ', rest)) = rest.split_first() else {
        return if rest.is_empty() { Probe::NeedMore } else { Probe::No };
    };
    if matches!(rest, [b' ' | b'\r' | b'\n', ..]) {
        return Probe::No;
    }
    let line_size = rest.iter().take_while(|byte| **byte >= b' ' && **byte != 0x7f).count();
    let (Some(line), Some(end)) = (rest.get(..line_size), rest.get(line_size..)) else { return Probe::No };
    let size = method_size + 1 + line_size;
    let is_wanted = form(method, line) == wanted;
    let may_be_wanted = is_wanted || end.is_empty() && line.len() < MAX_SCHEME_SIZE;
    match end {
        _ if !may_be_wanted => Probe::No,
        [b'\r' | b'\n', ..] if ends_with_version(line) => matched(100, "HTTP request line", size),
        [_, ..] => Probe::No,
        [] if USUAL_METHODS.contains(&method) && line.starts_with(b"/") => {
            matched(50, "beginning of a request line", size)
        }
        [] => Probe::NeedMore,
    }
}

/// Spaces inside the target are wrong and yet seen (RFC 9112 §3.2): the version is what follows the last one.
fn ends_with_version(line: &[u8]) -> bool {
    let version = line.rsplit(|byte| *byte == b' ').next().and_then(|word| word.strip_prefix(VERSION));
    matches!(version, Some([minor]) if minor.is_ascii_digit())
}

fn matched(confidence: u8, what: &'static str, size: usize) -> Probe {
    let size = u16::try_from(size).unwrap_or(u16::MAX);
    Probe::Match(Evidence { confidence, what, offset: 0, size })
}

/// Whether `data` begins with `prefix`, as far as it goes.
fn starts_alike(data: &[u8], prefix: &[u8]) -> bool {
    data.iter().zip(prefix).all(|(one, other)| one == other)
}

/// Whether a message may begin with this byte.
#[must_use]
pub fn may_begin(byte: u8) -> bool {
    is_token(byte)
}

/// RFC 9110 §5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Reads both sides' first message, line by line; the verdict stands with the Host field or the end of the fields.
#[derive(Default)]
pub struct HttpInspector {
    sides: [Side; 2],
    authority: Option<Vec<u8>>,
    has_request: bool,
    has_json: bool,
}

#[derive(Clone, Copy, Default)]
struct Side {
    position: usize,
    part: Part,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Part {
    #[default]
    StartLine,
    RequestFields,
    RequestBody,
    ResponseFields,
    TrackerBody,
    Done,
}

impl Inspector for HttpInspector {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let mut side = *sample.direction.of(&mut self.sides);
        let mut lines = Lines::new(sample.data, side.position);
        while !matches!(side.part, Part::Done | Part::RequestBody | Part::TrackerBody)
            && let Some(line) = lines.next()
        {
            side.part = self.read_line(side.part, line, found);
        }
        side.position = lines.position();
        if side.part == Part::RequestBody {
            side.part = read_body(lines.rest(), found);
        } else if side.part == Part::TrackerBody {
            let is_over = lines.rest().len() >= MAX_TRACKER_SIZE;
            if bittorrent_peers::of_tracker(lines.rest(), sample.direction, found) || is_over {
                side.part = Part::Done;
            }
        }
        *sample.direction.of(&mut self.sides) = side;
        match self.sides.map(|side| side.part) {
            [Part::Done, Part::Done] => Progress::Done,
            [Part::RequestBody, Part::Done] | [Part::Done, Part::RequestBody] => Progress::Done,
            [Part::Done | Part::RequestBody, _] | [_, Part::Done | Part::RequestBody] => Progress::Settled,
            _ if found.has_host() => Progress::Settled,
            _ => Progress::NeedMore,
        }
    }

    fn is_done_with(&self, direction: Direction) -> bool {
        direction.one_of(self.sides.map(|side| side.part == Part::Done))
    }
}

impl HttpInspector {
    fn read_line(&mut self, part: Part, line: &[u8], found: &mut Findings) -> Part {
        match part {
            Part::StartLine if line.starts_with(VERSION) => {
                let status = line.get(VERSION.len() + 2..VERSION.len() + 5).and_then(number);
                if let Some(status) = status {
                    found.uint(Attribute::HttpStatus, status);
                }
                Part::ResponseFields
            }
            Part::StartLine if line.starts_with(b"ICY ") => {
                found.set_service("icy"); // SHOUTcast answers so
                Part::ResponseFields
            }
            Part::StartLine => self.read_request_line(line, found),
            Part::RequestFields if line.is_empty() => {
                if let Some(authority) = self.authority.take() {
                    found.set_host(without_port(&authority));
                }
                if self.has_json { Part::RequestBody } else { Part::Done }
            }
            Part::ResponseFields if line.is_empty() && found.service() == Some("bittorrent") => Part::TrackerBody,
            Part::ResponseFields if line.is_empty() => Part::Done,
            Part::RequestFields => {
                self.read_request_field(line, found);
                part
            }
            Part::ResponseFields => {
                read_response_field(line, found);
                part
            }
            Part::RequestBody | Part::TrackerBody | Part::Done => part,
        }
    }

    fn read_request_line(&mut self, line: &[u8], found: &mut Findings) -> Part {
        let mut words = line.split(|byte| *byte == b' ');
        let (Some(method), Some(target)) = (words.next(), words.next()) else { return Part::Done };
        if self.has_request {
            return Part::Done;
        }
        self.has_request = true;
        found.text(Attribute::HttpMethod, method);
        found.text(Attribute::HttpUrl, target);
        self.authority = authority_of(method, target).map(<[u8]>::to_vec);
        if let Some(service) = services::of_line(method, target) {
            found.set_service(service);
        }
        Part::RequestFields
    }

    fn read_request_field(&mut self, line: &[u8], found: &mut Findings) {
        let Some((name, value)) = field(line) else { return };
        let mut buffer = [0; MAX_FIELD_NAME_SIZE];
        let name = lower(name, &mut buffer);
        if let Some(service) = services::of_field(name, value) {
            found.set_service(service);
        }
        match name {
            b"host" if !value.is_empty() => {
                let host = without_port(value);
                found.text(Attribute::HttpHost, host);
                // The authority of an absolute target stands above the field (RFC 9112 §3.2.2).
                let authority = self.authority.take();
                found.set_host(authority.as_deref().map_or(host, without_port));
            }
            b"user-agent" => found.text(Attribute::HttpUserAgent, value),
            b"content-type" => self.has_json = starts_with_ignoring_case(value, b"application/json"),
            b"sec-websocket-protocol" => found.text(Attribute::WebSocketProtocol, value),
            _ => {}
        }
    }
}

/// Reads the beginning of a JSON body until it has told its service.
fn read_body(rest: &[u8], found: &mut Findings) -> Part {
    let start = rest.get(..MAX_BODY_SIZE).unwrap_or(rest);
    let service = services::of_json_body(start);
    if let Some(service) = service {
        found.set_service(service);
    }
    if service.is_some() || rest.len() >= MAX_BODY_SIZE { Part::Done } else { Part::RequestBody }
}

fn read_response_field(line: &[u8], found: &mut Findings) {
    let Some((name, value)) = field(line) else { return };
    let mut buffer = [0; MAX_FIELD_NAME_SIZE];
    let service = match lower(name, &mut buffer) {
        b"server" => {
            found.text(Attribute::HttpServer, value);
            services::of_server(value)
        }
        b"content-type" => {
            found.text(Attribute::HttpContentType, value);
            services::of_content_type(value)
        }
        b"sec-websocket-protocol" => {
            found.text(Attribute::WebSocketProtocol, value);
            None
        }
        _ => None,
    };
    if let Some(service) = service {
        found.set_service(service);
    }
}

/// Names of fields that are looked for are shorter.
const MAX_FIELD_NAME_SIZE: usize = 24;

/// The beginning of a field's name in lower case: names do not tell case (RFC 9110 §5.1).
fn lower<'a>(name: &[u8], buffer: &'a mut [u8; MAX_FIELD_NAME_SIZE]) -> &'a [u8] {
    for (place, byte) in buffer.iter_mut().zip(name) {
        *place = byte.to_ascii_lowercase();
    }
    buffer.get(..name.len()).unwrap_or(buffer)
}

/// Name and value (RFC 9112 §5).
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr(b':', line)?;
    Some((line.get(..colon)?, line.get(colon + 1..)?.trim_ascii()))
}

/// Host and port that a proxy is asked for: `http://host:port/…`, or the target of CONNECT (RFC 9112 §3.2).
fn authority_of<'a>(method: &[u8], target: &'a [u8]) -> Option<&'a [u8]> {
    if method == b"CONNECT" {
        return Some(target);
    }
    let scheme = SCHEMES.iter().find(|scheme| starts_with_ignoring_case(target, scheme))?;
    let rest = target.get(scheme.len()..)?;
    let authority = rest.split(|byte| matches!(byte, b'/' | b'?' | b'#')).next()?;
    authority.rsplit(|byte| *byte == b'@').next()
}

/// `[2001:db8::1]:80` and `host:80` without their ports.
fn without_port(authority: &[u8]) -> &[u8] {
    match authority.iter().rposition(|byte| *byte == b':') {
        Some(colon) if authority.iter().skip(colon + 1).all(u8::is_ascii_digit) => {
            authority.get(..colon).unwrap_or(authority)
        }
        _ => authority,
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(data: &[u8]) -> Probe {
        probe(&Sample { data, ..Sample::EMPTY }, Form::Origin)
    }

    fn host_of(request: &[u8]) -> Option<String> {
        let mut found = Findings::default();
        let sample = Sample { data: request, ..Sample::EMPTY };
        HttpInspector::default().feed(&sample, &mut found);
        found.host().map(str::to_owned)
    }

    #[test]
    fn relatives_with_other_versions_are_refused() {
        for line in
            [&b"INVITE sip:a@example.org SIP/2.0\r\n"[..], b"OPTIONS rtsp://h/ RTSP/1.0\r\n", b"PRI * HTTP/2.0\r\n"]
        {
            assert_eq!(answer(line), Probe::No, "{}", String::from_utf8_lossy(line));
        }
        for line in [&b" GET / HTTP/1.1"[..], b"\x16\x03\x01", b"EHLO example.org\r\n", b"HTTP/1.1 OK"] {
            assert_eq!(answer(line), Probe::No);
        }
    }

    #[test]
    fn a_usual_request_that_is_cut_is_claimed_weakly() {
        assert!(matches!(answer(b"GET /long"), Probe::Match(evidence) if evidence.confidence < 60));
        assert_eq!(answer(b"PATCH /long"), Probe::NeedMore);
    }

    #[test]
    fn the_server_is_named_by_the_target_before_the_host_field() {
        assert_eq!(
            host_of(b"GET http://u@a.example:80/x HTTP/1.1\r\nHost: b.example\r\n\r\n").as_deref(),
            Some("a.example")
        );
        assert_eq!(host_of(b"CONNECT a.example:443 HTTP/1.1\r\n\r\n").as_deref(), Some("a.example"));
        assert_eq!(host_of(b"GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n").as_deref(), Some("[2001:db8::1]"));
        assert_eq!(host_of(b"GET / HTTP/1.0\r\n\r\n"), None);
    }

    #[test]
    fn each_form_of_request_belongs_to_one_protocol() {
        for (line, form) in [
            (&b"GET / HTTP/1.1\r\n"[..], Form::Origin),
            (b"OPTIONS * HTTP/1.1\r\n", Form::Origin),
            (b"GET http://example.org/ HTTP/1.1\r\n", Form::Absolute),
            (b"CONNECT example.org:443 HTTP/1.1\r\n", Form::Authority),
        ] {
            for wanted in [Form::Origin, Form::Absolute, Form::Authority] {
                let response = b"HTTP/1.1 200 OK\r\n";
                let sample = Sample { data: line, ..Sample::EMPTY };
                assert_eq!(matches!(probe(&sample, wanted), Probe::Match(_)), wanted == form);
                let sample = Sample { data: response, other: line, ..Sample::EMPTY };
                assert_eq!(probe(&sample, wanted) == Probe::No, wanted == Form::Origin && form != wanted);
            }
        }
    }
}
