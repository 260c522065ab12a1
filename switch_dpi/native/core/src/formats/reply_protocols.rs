//! What SMTP and FTP share: the server greets with a three-digit reply and the client sends commands. Both may greet with
//! the same `220`, so each protocol says how much a line speaks for it, and the probe waits until one line decides.

use crate::formats::tls::start_tls::StartTls;
use crate::probing::lines::{Lines, is_text, reply};
use crate::protocol::{Evidence, Findings, Inspector, Probe, Progress, Sample};

/// How much one line speaks for a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clue {
    /// No other protocol says this.
    For,
    /// Another protocol could say the same, but none after a greeting with a three-digit reply.
    ForAfterGreeting,
    /// Another protocol could say the same.
    Open,
    /// This protocol never says this.
    Against,
}

/// What a protocol says of single lines.
#[derive(Clone, Copy)]
pub struct Rules {
    /// As [`Evidence::what`].
    pub what: &'static str,
    /// Of the server's first line: code and text.
    pub greeting: fn(u16, &[u8]) -> Clue,
    /// Of the code of a later reply.
    pub reply: fn(u16) -> Clue,
    /// Of a command line.
    pub command: fn(&[u8]) -> Clue,
}

/// Lines looked at in each direction: the second or third always decides in practice.
const MAX_LINES: usize = 8;
/// A greeting of several lines may be longer: `220-` repeats.
const MAX_GREETING_LINES: usize = 24;
/// The longest command verb of both protocols is `STARTTLS`.
const MAX_VERB_SIZE: usize = 8;

/// Confidence when both ends agree.
const BOTH: u8 = 100;
/// Confidence when one end was seen.
const ALONE: u8 = 90;

/// Weighs both directions. The evidence is the first line of `sample.data`.
pub fn probe(sample: &Sample<'_>, rules: &Rules) -> Probe {
    let is_server = sample.data.first().is_some_and(u8::is_ascii_digit);
    let (server, client) = if is_server { (sample.data, sample.other) } else { (sample.other, sample.data) };
    if !may_be_server(server) || !may_be_client(client) {
        return Probe::No;
    }
    let (server_clue, client_clue) = (weigh_server(server, rules), weigh_client(client, rules));
    let size = Lines::new(sample.data, 0).next().map_or(sample.data.len(), <[u8]>::len);
    let size = u16::try_from(size).unwrap_or(u16::MAX);
    let matched = |confidence| Probe::Match(Evidence { confidence, what: rules.what, offset: 0, size });
    match (server_clue, client_clue) {
        (Clue::Against, _) | (_, Clue::Against) => Probe::No,
        (Clue::For, _) if client.is_empty() => matched(ALONE),
        (Clue::For, _) => matched(BOTH),
        (_, Clue::For | Clue::ForAfterGreeting) if has_line(server) => matched(BOTH),
        (_, Clue::For) => matched(ALONE),
        _ => Probe::NeedMore,
    }
}

/// Reads what one line says, and whether more lines are wanted ([`Progress::Settled`]) or not; told is whether the line is
/// the first of its direction.
pub type ReadLine = fn(&[u8], bool, &mut Findings) -> Progress;

/// Reads both directions line by line, so that pieces change nothing.
pub struct LineInspector {
    positions: [usize; 2],
    read_line: ReadLine,
    max_line_size: usize,
    start_tls: Option<StartTls>,
}

impl LineInspector {
    /// Shows every line that has ended to `read_line`; stops at one that is longer than `max_line_size` and still goes on.
    #[must_use]
    pub const fn new(read_line: ReadLine, max_line_size: usize) -> Self {
        Self { positions: [0; 2], read_line, max_line_size, start_tls: None }
    }

    /// The same, where TLS may follow the lines; then the flow goes on as the protocol with this key.
    #[must_use]
    pub const fn with_tls(read_line: ReadLine, max_line_size: usize, key: &'static str) -> Self {
        Self { positions: [0; 2], read_line, max_line_size, start_tls: Some(StartTls::new(key)) }
    }
}

impl Inspector for LineInspector {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let position = sample.direction.of(&mut self.positions);
        let mut lines = Lines::new(sample.data, *position);
        let mut progress = Progress::Settled;
        while progress == Progress::Settled {
            let tls = self.start_tls.as_mut().and_then(|tls| tls.feed(sample, lines.position(), found));
            if let Some(progress) = tls {
                return progress;
            }
            let is_first = lines.position() == 0;
            let Some(line) = lines.next() else { break };
            progress = (self.read_line)(line, is_first, found);
        }
        *position = lines.position();
        if lines.rest().len() > self.max_line_size { Progress::Done } else { progress }
    }
}

fn has_line(data: &[u8]) -> bool {
    data.contains(&b'\n')
}

/// Whether the first bytes can be those of a reply.
fn may_be_server(data: &[u8]) -> bool {
    let start = data.get(..4).unwrap_or(data);
    start.iter().enumerate().all(|(index, byte)| match index {
        0 => matches!(byte, b'1' | b'2' | b'4' | b'5'),
        3 => matches!(byte, b' ' | b'-' | b'\r' | b'\n'),
        _ => byte.is_ascii_digit(),
    }) && is_first_line_text(data)
}

/// Whether the first bytes can be those of a command: a verb of letters, then a space or the end of the line. The verb is
/// looked at first: it lets most other streams go.
fn may_be_client(data: &[u8]) -> bool {
    let verb = data.iter().take(MAX_VERB_SIZE + 1).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let has_verb = (1..=MAX_VERB_SIZE).contains(&verb) && matches!(data.get(verb), None | Some(b' ' | b'\r' | b'\n'));
    data.is_empty() || has_verb && is_first_line_text(data)
}

fn is_first_line_text(data: &[u8]) -> bool {
    Lines::new(data, 0).next().unwrap_or(data).iter().all(|byte| *byte == b'\r' || is_text(&[*byte]))
}

fn weigh_server(data: &[u8], rules: &Rules) -> Clue {
    let mut greeting: Option<u16> = None;
    for line in Lines::new(data, 0).take(MAX_GREETING_LINES) {
        let Some(reply) = reply(line) else {
            if greeting.is_none() {
                return Clue::Against;
            }
            continue; // the inner lines of a long FTP reply need no code (RFC 959 §4.2)
        };
        let clue = match greeting {
            None => (rules.greeting)(reply.code, reply.text),
            Some(code) if code == reply.code => (rules.greeting)(reply.code, reply.text),
            Some(_) => (rules.reply)(reply.code),
        };
        greeting = greeting.or(Some(reply.code));
        if clue != Clue::Open {
            return clue;
        }
    }
    Clue::Open
}

/// The first line that decides, decides.
fn weigh_client(data: &[u8], rules: &Rules) -> Clue {
    let mut weighed = Clue::Open;
    for clue in Lines::new(data, 0).take(MAX_LINES).map(rules.command) {
        match clue {
            Clue::For | Clue::Against => return clue,
            Clue::ForAfterGreeting => weighed = clue,
            Clue::Open => {}
        }
    }
    weighed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::attributes::Attribute;
    use crate::protocol::{Direction, Transport};

    /// A protocol whose server says `code` 220 and 250, and whose client says FOR, AFTER or OPEN.
    const RULES: Rules = Rules {
        what: "",
        greeting: |code, _| if code == 220 { Clue::Open } else { Clue::Against },
        reply: |code| if code == 250 { Clue::For } else { Clue::Open },
        command: |line| match line {
            b"FOR" => Clue::For,
            b"AFTER" => Clue::ForAfterGreeting,
            b"OPEN" => Clue::Open,
            _ => Clue::Against,
        },
    };

    fn sample<'a>(direction: Direction, data: &'a [u8], other: &'a [u8]) -> Sample<'a> {
        Sample { transport: Transport::Tcp, direction, data, other, responder_port: 2, ..Sample::EMPTY }
    }

    fn answer(data: &[u8], other: &[u8]) -> Option<bool> {
        match probe(&sample(Direction::Originator, data, other), &RULES) {
            Probe::Match(_) => Some(true),
            Probe::No => Some(false),
            Probe::NeedMore => None,
        }
    }

    #[test]
    fn the_first_line_that_decides_decides() {
        assert_eq!(answer(b"OPEN\r\nFOR\r\n", b""), Some(true));
        assert_eq!(answer(b"OPEN\r\nOTHER\r\nFOR\r\n", b""), Some(false));
        assert_eq!(answer(b"OPEN\r\n", b"220 x\r\n"), None);
        assert_eq!(answer(b"AFTER\r\n", b""), None);
        assert_eq!(answer(b"AFTER\r\n", b"220 x\r\n"), Some(true));
    }

    #[test]
    fn a_greeting_of_many_lines_decides_nothing_and_a_later_reply_does() {
        assert_eq!(answer(b"220-a\r\n b\r\n220 c\r\n", b""), None);
        assert_eq!(answer(b"220-a\r\n b\r\n220 c\r\n250 d\r\n", b""), Some(true));
        assert_eq!(answer(b"OPEN\r\n", b"HTTP/1.1 200 OK\r\n"), Some(false));
    }

    #[test]
    fn each_direction_is_read_line_by_line_once_until_enough_is_known() {
        let read_line: ReadLine = |line, is_first, found| {
            found.text(if is_first { Attribute::FtpServer } else { Attribute::FtpUser }, line);
            if line == b"END" { Progress::Done } else { Progress::Settled }
        };
        let (mut inspector, mut found) = (LineInspector::new(read_line, 5), Findings::default());
        let mut feed = |direction, data| inspector.feed(&sample(direction, data, b""), &mut found);
        assert_eq!(feed(Direction::Originator, b"a\r\nb\r"), Progress::Settled);
        assert_eq!(feed(Direction::Responder, b"c\r\n"), Progress::Settled);
        assert_eq!(feed(Direction::Originator, b"a\r\nb\r\n"), Progress::Settled);
        assert_eq!(feed(Direction::Responder, b"c\r\nlong!"), Progress::Settled);
        assert_eq!(feed(Direction::Responder, b"c\r\nlonger"), Progress::Done);
        assert_eq!(feed(Direction::Originator, b"a\r\nb\r\nEND\r\nlate\r\n"), Progress::Done);
        let told: Vec<_> = found.values().iter().map(|(attribute, value)| format!("{attribute:?} {value:?}")).collect();
        assert_eq!(
            told,
            ["FtpServer Text(\"a\")", "FtpServer Text(\"c\")", "FtpUser Text(\"b\")", "FtpUser Text(\"END\")"]
        );
    }

    #[test]
    fn binary_data_is_let_go_at_the_first_byte() {
        for data in [&b"\x16"[..], b"2\x00", b"A\x00", b"ABCDEFGHI", b"220x", b"{"] {
            assert_eq!(answer(data, b""), Some(false), "{data:?}");
        }
    }
}
