//! SSH (RFC 4253): the identification string of each end. The key exchange that follows is not read.

use crate::probing::lines::{Lines, is_text};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Evidence, Example, Findings, Inspector, Probe, Progress, Sample, Transport,
};

/// An identification string has at most 255 characters, CR LF included (RFC 4253 §4.2).
const MAX_IDENTIFICATION_SIZE: usize = 255;
/// What a server may say before its identification string: a legal notice fits, a body of another protocol does not.
const MAX_BANNER_SIZE: usize = 2048;
/// The longest banner line looked at.
const MAX_BANNER_LINE_SIZE: usize = 255;

/// SSH.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ssh",
    name: "SSH",
    selector: 22,
    category: "remote-access",
    tags: &["encrypted"],
    transports: &[Transport::Tcp],
    ports: &[22],
    max_probe_size: MAX_BANNER_SIZE + MAX_IDENTIFICATION_SIZE,
    probe,
    inspector: Some(|| Box::<Ssh>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match find(sample.data, sample.direction) {
        Search::Found { offset, prefix } => Probe::Match(Evidence {
            confidence: 100,
            what: "SSH identification string",
            offset: u16::try_from(offset).unwrap_or(u16::MAX),
            size: u16::try_from(prefix).unwrap_or(u16::MAX),
        }),
        Search::NeedMore => Probe::NeedMore,
        Search::No => Probe::No,
    }
}

/// Where the identification string may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Search {
    /// At `offset`; `prefix` is the size of `SSH-protoversion-`.
    Found {
        offset: usize,
        prefix: usize,
    },
    NeedMore,
    No,
}

/// Finds the identification string; only a responder may send other lines first (RFC 4253 §4.2).
fn find(data: &[u8], direction: Direction) -> Search {
    let mut lines = Lines::new(data, 0);
    loop {
        let offset = lines.position();
        match identification_prefix(lines.rest()) {
            Prefix::Whole(prefix) => return Search::Found { offset, prefix },
            Prefix::Partial => return Search::NeedMore,
            Prefix::None => {}
        }
        if direction == Direction::Originator || offset > MAX_BANNER_SIZE {
            return Search::No;
        }
        match lines.next() {
            Some(line) if is_banner(line) => {}
            None if is_banner(lines.rest().strip_suffix(b"\r").unwrap_or(lines.rest())) => return Search::NeedMore,
            _ => return Search::No,
        }
    }
}

enum Prefix {
    Whole(usize),
    Partial,
    None,
}

/// `SSH-`, digits, a dot, digits, a hyphen: `SSH-2.0-`, `SSH-1.99-`, `SSH-1.5-`.
fn identification_prefix(data: &[u8]) -> Prefix {
    const START: &[u8] = b"SSH-";
    let known = data.len().min(START.len());
    if data.get(..known) != START.get(..known) {
        return Prefix::None;
    }
    let Some(version) = data.get(START.len()..) else { return Prefix::Partial };
    let mut pattern = [Shape::Digit, Shape::Dot, Shape::Digit, Shape::DigitOrHyphen, Shape::Hyphen].into_iter();
    for (index, byte) in version.iter().enumerate() {
        let fits = match pattern.next() {
            Some(Shape::Digit) => matches!(byte, b'1'..=b'2' if index == 0) || (index > 0 && byte.is_ascii_digit()),
            Some(Shape::Dot) => *byte == b'.',
            Some(Shape::DigitOrHyphen) if *byte == b'-' => return Prefix::Whole(START.len() + index + 1),
            Some(Shape::DigitOrHyphen) => byte.is_ascii_digit(),
            Some(Shape::Hyphen) if *byte == b'-' => return Prefix::Whole(START.len() + index + 1),
            _ => false,
        };
        if !fits {
            return Prefix::None;
        }
    }
    Prefix::Partial
}

#[derive(Clone, Copy)]
enum Shape {
    Digit,
    Dot,
    DigitOrHyphen,
    Hyphen,
}

/// A banner is text; lines of digits are replies of other protocols that also let the server speak first.
fn is_banner(line: &[u8]) -> bool {
    let is_reply = line.len() >= 3 && line.iter().take(3).all(u8::is_ascii_digit);
    line.len() <= MAX_BANNER_LINE_SIZE && is_text(line) && !is_reply
}

/// Reads both identification strings.
#[derive(Debug, Default)]
struct Ssh {
    originator_done: bool,
    responder_done: bool,
}

impl Inspector for Ssh {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let (done, attribute) = match sample.direction {
            Direction::Originator => (&mut self.originator_done, Attribute::SshClientVersion),
            Direction::Responder => (&mut self.responder_done, Attribute::SshServerVersion),
        };
        if !*done {
            *done = read_identification(sample, attribute, found);
        }
        if self.originator_done && self.responder_done { Progress::Done } else { Progress::Settled }
    }
}

/// Whether this direction has nothing more to tell.
fn read_identification(sample: &Sample<'_>, attribute: Attribute, found: &mut Findings) -> bool {
    let offset = match find(sample.data, sample.direction) {
        Search::Found { offset, .. } => offset,
        Search::NeedMore => return false,
        Search::No => return true,
    };
    let mut lines = Lines::new(sample.data, offset);
    match lines.next() {
        Some(line) if line.len() <= MAX_IDENTIFICATION_SIZE => {
            found.text(attribute, line);
            true
        }
        Some(_) => true,
        None => lines.rest().len() > MAX_IDENTIFICATION_SIZE,
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "client with a comment",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u2\r\n",
        expect: &[(Attribute::SshClientVersion, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u2")],
    },
    Example {
        title: "server that still speaks SSH 1, ended by LF alone",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"SSH-1.99-Cisco-1.25\n",
        expect: &[(Attribute::SshServerVersion, "SSH-1.99-Cisco-1.25")],
    },
    Example {
        title: "server with a notice before its identification string",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"Authorised use only.\r\nEverything is logged.\r\nSSH-2.0-dropbear_2022.83\r\n\x00\x00\x01\x2c\x08\x14",
        expect: &[(Attribute::SshServerVersion, "SSH-2.0-dropbear_2022.83")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(direction: Direction, data: &[u8]) -> Sample<'_> {
        Sample { transport: Transport::Tcp, direction, data, responder_port: 443, ..Sample::EMPTY }
    }

    #[test]
    fn an_unfinished_version_asks_for_more() {
        for data in [&b"S"[..], b"SSH-", b"SSH-2", b"SSH-2.0", b"SSH-1.99", b""] {
            assert_eq!(probe(&sample(Direction::Originator, data)), Probe::NeedMore, "{data:?}");
        }
    }

    #[test]
    fn other_things_that_begin_alike_are_refused() {
        for data in [&b"SSH-3.0-x"[..], b"SSH-2,0-x", b"SSH-2.-x", b"SSH-2.0000-x", b"SSL-", b"ssh-2.0-x", b"SSH-\xff"]
        {
            assert_eq!(probe(&sample(Direction::Originator, data)), Probe::No, "{data:?}");
        }
    }

    #[test]
    fn only_the_responder_may_send_lines_first() {
        let data = b"hello\r\nSSH-2.0-x\r\n";
        assert_eq!(probe(&sample(Direction::Originator, data)), Probe::No);
        assert!(matches!(probe(&sample(Direction::Responder, data)), Probe::Match(e) if e.offset == 7 && e.size == 8));
    }

    #[test]
    fn a_greeting_of_mail_or_binary_data_is_no_banner() {
        for data in [&b"220 mail ready\r\n"[..], b"220", b"\x16\x03\x01\x02\x00", b"a\x00b\r\n"] {
            assert_eq!(probe(&sample(Direction::Responder, data)), Probe::No, "{data:?}");
        }
    }

    #[test]
    fn an_endless_identification_string_ends_the_search() {
        let mut data = b"SSH-2.0-".to_vec();
        data.resize(4000, b'x');
        let mut found = Findings::default();
        let mut ssh = Ssh { responder_done: true, ..Ssh::default() };
        assert_eq!(ssh.feed(&sample(Direction::Originator, &data), &mut found), Progress::Done);
        assert!(found.values().is_empty());
    }
}
