//! HTTP/2 without TLS (RFC 9113 §3.3, §3.4): the client's preface and the server's first SETTINGS. gRPC is told by its media
//! type; header fields in Huffman code are left alone but for that.

use crate::bytes::Reader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Evidence, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FRAME_HEADER_SIZE: usize = 9;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
/// An identifier and a value (§6.5.1).
const SETTING_SIZE: usize = 6;
/// More settings than are registered.
const MAX_SETTINGS_SIZE: usize = 16 * SETTING_SIZE;
/// Frames looked at of each direction: SETTINGS, WINDOW_UPDATE, then the first request.
const MAX_FRAMES: usize = 16;
/// `application/grpc` as text, and in HPACK's code (RFC 7541 appendix B).
const GRPC: [&[u8]; 2] = [b"application/grpc", b"\x1d\x75\xd0\x62\x0d\x26\x3d\x4c\x4d\x65\x64"];
/// `:authority` as a literal with a name from the static table: with and without indexing, never indexed (RFC 7541 §6.2).
const AUTHORITY: [u8; 3] = [0x41, 0x01, 0x11];

/// HTTP/2.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "http2",
    name: "HTTP2",
    selector: 217,
    category: "web",
    transports: &[Transport::Tcp],
    ports: &[80, 8080, 50_051],
    first_bytes: FirstBytes::Of(&[b'P', 0]),
    max_probe_size: FRAME_HEADER_SIZE + MAX_SETTINGS_SIZE,
    serves_sites: true,
    probe,
    inspector: Some(|| Box::<Http2>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let known = data.len().min(PREFACE.len());
    if data.get(..known) == PREFACE.get(..known) {
        return if known == PREFACE.len() { matched(100, "connection preface", known) } else { Probe::NeedMore };
    }
    match Settings::read(data) {
        Settings::No => Probe::No,
        Settings::Open => Probe::NeedMore,
        Settings::Whole(0) if !sample.other.starts_with(PREFACE) => {
            matched(55, "empty SETTINGS frame", FRAME_HEADER_SIZE)
        }
        Settings::Whole(size) => matched(90, "SETTINGS frame", FRAME_HEADER_SIZE + size),
    }
}

fn matched(confidence: u8, what: &'static str, size: usize) -> Probe {
    let size = u16::try_from(size).unwrap_or(u16::MAX);
    Probe::Match(Evidence { confidence, what, offset: 0, size })
}

/// What a first frame of the server is.
enum Settings {
    No,
    Open,
    /// Its settings take so many bytes.
    Whole(usize),
}

impl Settings {
    /// Size, type 4, no flags, stream 0, and settings with registered identifiers (RFC 9113 §6.5; IANA has them up to 9).
    fn read(data: &[u8]) -> Self {
        const FIXED: [u8; 6] = [SETTINGS, 0, 0, 0, 0, 0];
        let start = data.get(3..).unwrap_or_default();
        if !start.iter().zip(FIXED).all(|(one, other)| *one == other) || data.iter().take(2).any(|byte| *byte != 0) {
            return Self::No;
        }
        let Some(size) = data.get(2).map(|size| usize::from(*size)) else { return Self::Open };
        if size > MAX_SETTINGS_SIZE || !size.is_multiple_of(SETTING_SIZE) {
            return Self::No;
        }
        let Some(settings) = data.get(FRAME_HEADER_SIZE..) else { return Self::Open };
        let settings = settings.get(..size).unwrap_or(settings);
        let is_known = |setting: &[u8]| match setting {
            [high, low, ..] => *high == 0 && (1..=9).contains(low) || *high == 0xfe, // gRPC has some of its own
            _ => true,
        };
        match settings.chunks(SETTING_SIZE).all(is_known) {
            false => Self::No,
            true if settings.len() < size => Self::Open,
            true => Self::Whole(size),
        }
    }
}

/// Reads the first HEADERS frames of each direction.
#[derive(Debug, Default)]
struct Http2 {
    positions: [usize; 2],
    frames: [usize; 2],
}

impl Inspector for Http2 {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let mut position = *sample.direction.of(&mut self.positions);
        if position == 0 && sample.data.starts_with(b"P") {
            if sample.data.len() < PREFACE.len() {
                return Progress::NeedMore;
            }
            position = PREFACE.len();
        }
        let frames = sample.direction.of(&mut self.frames);
        let mut reader = Reader::new(sample.data.get(position..).unwrap_or_default());
        while *frames < MAX_FRAMES
            && let Some((kind, content)) = next_frame(&mut reader)
        {
            *frames += 1;
            if kind == HEADERS {
                read_fields(content, found);
            }
        }
        *sample.direction.of(&mut self.positions) = sample.data.len().saturating_sub(reader.rest().len());
        if self.frames.iter().all(|frames| *frames >= MAX_FRAMES) { Progress::Done } else { Progress::Settled }
    }
}

/// Type and payload of a frame that is all there (RFC 9113 §4.1).
fn next_frame<'a>(reader: &mut Reader<'a>) -> Option<(u8, &'a [u8])> {
    let mut ahead = *reader;
    let size = ahead.u24()? as usize;
    let [kind, _flags] = ahead.array()?;
    ahead.u32()?;
    let content = ahead.take(size)?;
    *reader = ahead;
    Some((kind, content))
}

fn read_fields(block: &[u8], found: &mut Findings) {
    if GRPC.iter().any(|name| block.windows(name.len()).any(|window| window == *name)) {
        found.set_service("grpc");
    }
    for (at, byte) in block.iter().enumerate() {
        if !AUTHORITY.contains(byte) {
            continue;
        }
        let value = block.get(at + 1..).and_then(|rest| Reader::new(rest).vector8()).unwrap_or_default();
        let is_host = value.len() > 3
            && value.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'_'))
            && value.contains(&b'.');
        if is_host {
            found.text(Attribute::Http2Authority, value);
            found.set_host(value.split(|byte| *byte == b':').next().unwrap_or_default());
            return;
        }
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "preface, settings and a request in plain letters",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64\x00\x00\x14\x01\x05\x00\x00\x00\x01\x82\x86\x84\x41\x0fwww.example.org",
        expect: &[(Attribute::Http2Authority, "www.example.org")],
    },
    Example {
        title: "the server's settings",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\x00\x00\x0c\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80\x00\x04\x00\x01\x00\x00",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grpc_is_told_in_plain_letters_and_in_code() {
        for name in GRPC {
            let mut found = Findings::default();
            read_fields(&[b"\x83\x86\x5f", name].concat(), &mut found);
            assert_eq!(found.service(), Some("grpc"));
        }
    }

    #[test]
    fn frames_that_are_not_settings_are_refused() {
        for data in [&b"\x00\x00\x07\x04"[..], b"\x00\x00\x06\x03", b"\x00\x00\x06\x04\x00\x00\x00\x00\x01", b"PUT"] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
        let unknown = b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x33\x00\x00\x00\x64";
        assert_eq!(probe(&Sample { data: unknown, ..Sample::EMPTY }), Probe::No);
    }
}
