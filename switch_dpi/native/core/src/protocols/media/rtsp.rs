//! RTSP 1.0 and 2.0 (RFC 2326, RFC 7826), with the media that it sets up; also what AirPlay speaks to its receivers.
//!
//! The start lines tell it. A stream caught late may begin with interleaved frames (RFC 2326 §10.12).

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::probing::dialogue::{is_word_of, may_become_word_of};
use crate::probing::examples::{client, server, telling};
use crate::probing::lines::{Lines, is_text, split_word, starts_with_ignoring_case};
use crate::probing::numbers::decimal;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Expectation, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// A start line with a long URL.
const MAX_START_LINE_SIZE: usize = 2048;
/// Lines longer than this are not of a header.
const MAX_LINE_SIZE: usize = 4096;
/// RFC 7826 §13, RFC 2326 §10; the last ones are AirPlay's.
const METHODS: &[&[u8]] = &[
    b"OPTIONS",
    b"DESCRIBE",
    b"ANNOUNCE",
    b"SETUP",
    b"PLAY",
    b"PAUSE",
    b"TEARDOWN",
    b"GET_PARAMETER",
    b"SET_PARAMETER",
    b"REDIRECT",
    b"RECORD",
    b"PLAY_NOTIFY",
    b"FLUSH",
    b"GET",
    b"POST",
    b"SETPEERS",
    b"SETRATEANCHORTIME",
];

/// RTSP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rtsp",
    name: "RTSP",
    selector: 700,
    category: "streaming-protocol",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[554, 8554, 7070],
    first_bytes: FirstBytes::Of(b"ODASPGRTF$\r\nodasgprtf"),
    max_probe_size: MAX_START_LINE_SIZE,
    probe,
    inspector: Some(|| Box::<Rtsp>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.data.first() == Some(&b'$') {
        return probe_frames(sample.data);
    }
    let mut lines = Lines::new(sample.data, 0);
    match lines.next() {
        Some(line) if is_start_line(line) => matched(100, "RTSP start line", line.len()),
        Some(_) => Probe::No,
        None if sample.transport.is_stream() && may_become_start_line(sample.data) => Probe::NeedMore,
        None => Probe::No,
    }
}

fn is_start_line(line: &[u8]) -> bool {
    is_text(line) && (is_status_line(line) || (is_word_of(line, METHODS) && is_version(last_word(line))))
}

fn is_status_line(line: &[u8]) -> bool {
    let (version, rest) = split_word(line);
    is_version(version) && split_word(rest).0.len() == 3 && decimal(split_word(rest).0).is_some()
}

fn is_version(word: &[u8]) -> bool {
    matches!(word.strip_prefix(b"RTSP/"), Some([b'1'..=b'2', b'.', b'0'..=b'9']))
}

fn last_word(line: &[u8]) -> &[u8] {
    line.rsplit(|byte| *byte == b' ').next().unwrap_or_default()
}

fn may_become_start_line(data: &[u8]) -> bool {
    let is_status = begins(data, b"RTSP/") != Beginning::Other;
    data.len() <= MAX_START_LINE_SIZE
        && is_text(data.strip_suffix(b"\r").unwrap_or(data))
        && (is_status || may_become_word_of(data, METHODS))
}

/// Two frames in a row: a dollar sign, a channel, a size, and RTP or RTCP of version 2.
fn probe_frames(data: &[u8]) -> Probe {
    const MAX_CHANNEL: u8 = 15;
    let mut reader = Reader::new(data);
    for _ in 0..2 {
        let (Some(mark), Some(channel), Some(size)) = (reader.u8(), reader.u8(), reader.u16()) else {
            return Probe::NeedMore;
        };
        let version_fits = reader.rest().first().is_none_or(|byte| byte >> 6 == 2);
        if mark != b'$' || channel > MAX_CHANNEL || size < 8 || !version_fits {
            return Probe::No;
        }
        if reader.take(size.into()).is_none() {
            let is_short = data.len() < MAX_START_LINE_SIZE;
            return if is_short { Probe::NeedMore } else { Probe::No };
        }
    }
    matched(70, "RTP interleaved in RTSP", data.len() - reader.rest().len())
}

/// Reads the headers of both directions; bodies and interleaved frames are passed over line by line, as text that no header has.
#[derive(Debug, Default)]
struct Rtsp {
    positions: [usize; 2],
}

impl Inspector for Rtsp {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if sample.transport == Transport::Udp {
            Lines::new(sample.data, 0).for_each(|line| read_line(line, sample.direction, found));
            return Progress::Settled;
        }
        let position = sample.direction.of(&mut self.positions);
        let mut lines = Lines::new(sample.data, *position);
        for line in lines.by_ref() {
            read_line(line, sample.direction, found);
        }
        *position = lines.position();
        if lines.rest().len() > MAX_LINE_SIZE { Progress::Done } else { Progress::Settled }
    }
}

fn read_line(line: &[u8], by: Direction, found: &mut Findings) {
    if line.len() > MAX_LINE_SIZE || !is_text(line) {
        return;
    }
    if is_start_line(line) && !is_status_line(line) {
        let url = split_word(split_word(line).1).0;
        found.text(Attribute::RtspUrl, url);
        if let Some(host) = host_of(url) {
            found.set_host(host);
        }
    } else if let Some(value) = header(line, b"user-agent:").or_else(|| header(line, b"server:")) {
        found.text(Attribute::RtspUserAgent, value);
    } else if let Some(value) = header(line, b"transport:") {
        expect_media(value, by, found);
    }
}

fn header<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    starts_with_ignoring_case(line, name).then(|| line.get(name.len()..).unwrap_or_default().trim_ascii())
}

/// The name in `rtsp://user@name:554/path`; addresses name nothing.
fn host_of(url: &[u8]) -> Option<&[u8]> {
    let at = url.windows(3).position(|window| window == b"://")?;
    let authority = url.get(at + 3..)?.split(|byte| *byte == b'/').next()?;
    let host = authority.rsplit(|byte| *byte == b'@').next()?.split(|byte| *byte == b':').next()?;
    (host.iter().any(u8::is_ascii_alphabetic) && host.contains(&b'.')).then_some(host)
}

/// `RTP/AVP;unicast;client_port=8000-8001;server_port=9000-9001` (RFC 2326 §12.39): a port is that of the end that it names.
fn expect_media(value: &[u8], by: Direction, found: &mut Findings) {
    let is_request = by == Direction::Originator;
    for parameter in value.split(|byte| matches!(byte, b';' | b',')) {
        let mut halves = parameter.splitn(2, |byte| *byte == b'=');
        let (Some(name), Some(ports)) = (halves.next(), halves.next()) else { continue };
        let by = match name.trim_ascii().to_ascii_lowercase().as_slice() {
            b"client_port" if is_request => by,
            b"client_port" => by.opposite(),
            b"server_port" if !is_request => by,
            _ => continue,
        };
        for (port, protocol) in ports.split(|byte| *byte == b'-').map(<[u8]>::trim_ascii).zip(["rtp", "rtcp"]) {
            let Some(port) = decimal(port).and_then(|port| u16::try_from(port).ok()) else { continue };
            found.expect(Expectation { transport: Transport::Udp, address: None, by, port, protocol });
        }
    }
}

const EXAMPLES: &[Example] = &[
    telling(
        client("a client sets up media", b"SETUP rtsp://cam.example.org:554/live/track1 RTSP/1.0\r\nCSeq: 3\r\nUser-Agent: viewer/2.1\r\nTransport: RTP/AVP;unicast;client_port=8000-8001\r\n\r\n"),
        &[
            (Attribute::RtspUrl, "rtsp://cam.example.org:554/live/track1"),
            (Attribute::RtspUserAgent, "viewer/2.1"),
        ],
    ),
    telling(server("a camera answers", b"RTSP/1.0 200 OK\r\nCSeq: 3\r\nServer: cam/1.0\r\nTransport: RTP/AVP;unicast;client_port=8000-8001;server_port=9000-9001\r\nSession: 1185d20035702ca\r\n\r\n"), &[(Attribute::RtspUserAgent, "cam/1.0")]),
    telling(client("any resource, version 2", b"OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n"), &[(Attribute::RtspUrl, "*")]),
    telling(client("a loudspeaker is asked what it is", b"GET /info RTSP/1.0\r\nX-Apple-ProtocolVersion: 1\r\nCSeq: 0\r\nUser-Agent: AirPlay/540.31\r\n\r\n"), &[(Attribute::RtspUserAgent, "AirPlay/540.31")]),
    server("interleaved frames of a stream caught late", b"$\x00\x00\x0e\x80\x60\x00\x01\x00\x00\x10\x00\xde\xad\xbe\xef\x01\x02$\x00\x00\x0d\x80\x60\x00\x02\x00\x00\x20\x00\xde\xad\xbe\xef\x03"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn announced_ports_belong_to_the_end_that_they_name() {
        let mut found = Findings::default();
        let value = b"RTP/AVP;unicast;client_port=8000-8001;server_port=9000";
        expect_media(value, Direction::Responder, &mut found);
        let ends: Vec<_> = found.take_expected().iter().map(|e| (e.by, e.port, e.protocol)).collect();
        let (client, server) = (Direction::Originator, Direction::Responder);
        assert_eq!(ends, [(client, 8000, "rtp"), (client, 8001, "rtcp"), (server, 9000, "rtp")]);
    }

    #[test]
    fn sisters_are_refused() {
        for data in
            [&b"OPTIONS * HTTP/1.1\r\n"[..], b"GET / HTTP/1.1\r\n", b"RTSP/1.0 x\r\n", b"$\xff\x00\x10", b"SET x"]
        {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }
}
