//! FTP's control connection (RFC 959, RFC 2428, RFC 4217): greeting, user, files, and the data connections it announces.

use crate::formats::reply_protocols::{self, Clue, Rules};
use crate::formats::tls::start_tls::StartTls;
use crate::probing::lines::{Lines, contains_ignoring_case, reply, split_word};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Expectation, Findings, Inspector, Probe, Progress, Sample, Transport,
};

/// Greetings of several lines are customary; the first commands come within this.
const MAX_PROBE_SIZE: usize = 4096;
/// The longest line looked at: a path of 1,024 bytes and more is rare.
const MAX_LINE_SIZE: usize = 2048;

/// FTP, control connection.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ftp",
    name: "FTP",
    selector: 21,
    category: "file-transfer",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[21, 2121],
    max_probe_size: MAX_PROBE_SIZE,
    probe,
    inspector: Some(|| Box::<Ftp>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const RULES: Rules =
    Rules { what: "FTP greeting or command", greeting: greeting_clue, reply: reply_clue, command: command_clue };

fn probe(sample: &Sample<'_>) -> Probe {
    reply_protocols::probe(sample, &RULES)
}

fn greeting_clue(code: u16, text: &[u8]) -> Clue {
    if !matches!(code, 120 | 220 | 230 | 421 | 530) {
        return Clue::Against;
    }
    let is_named = contains_ignoring_case(text, b"ftp");
    if is_named && !contains_ignoring_case(text, b"smtp") { Clue::For } else { Clue::Open }
}

fn reply_clue(code: u16) -> Clue {
    match code {
        125 | 150 | 200 | 211 | 215 | 226 | 227 | 229 | 230 | 232 | 234 | 257 | 331 | 332 | 350 => Clue::For,
        220 | 221 | 214 | 400..=599 => Clue::Open,
        _ => Clue::Against,
    }
}

fn command_clue(line: &[u8]) -> Clue {
    let (verb, argument) = split_word(line);
    match verb.to_ascii_uppercase().as_slice() {
        b"SYST" | b"FEAT" | b"PASV" | b"EPSV" | b"PWD" | b"XPWD" | b"CDUP" if argument.is_empty() => Clue::For,
        b"AUTH"
            if matches!(
                argument.to_ascii_uppercase().as_slice(),
                b"TLS" | b"SSL" | b"TLS-C" | b"TLS-P" | b"GSSAPI"
            ) =>
        {
            Clue::For
        }
        b"PORT" | b"EPRT" | b"CWD" | b"MDTM" | b"OPTS" | b"CLNT" | b"PBSZ" | b"PROT" if !argument.is_empty() => {
            Clue::For
        }
        b"TYPE" if matches!(argument.first(), Some(b'A' | b'a' | b'I' | b'i' | b'L' | b'l' | b'E' | b'e')) => Clue::For,
        // POP3 and IRC have these too.
        b"USER" | b"PASS" if !line.contains(&b':') || verb.eq_ignore_ascii_case(b"PASS") => Clue::ForAfterGreeting,
        b"USER" | b"HOST" | b"ACCT" | b"QUIT" | b"NOOP" | b"HELP" | b"STAT" | b"LIST" | b"RETR" | b"DELE" | b"SITE" => {
            Clue::Open
        }
        _ => Clue::Against,
    }
}

/// Reads both directions line by line, and the TLS that may follow (RFC 4217 §4).
struct Ftp {
    positions: [usize; 2],
    start_tls: StartTls,
}

impl Default for Ftp {
    fn default() -> Self {
        Self { positions: [0; 2], start_tls: StartTls::new("ftps") }
    }
}

impl Inspector for Ftp {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let position = sample.direction.of(&mut self.positions);
        let mut lines = Lines::new(sample.data, *position);
        loop {
            if let Some(progress) = self.start_tls.feed(sample, lines.position(), found) {
                return progress;
            }
            let is_first = lines.position() == 0;
            let Some(line) = lines.next() else { break };
            match reply(line) {
                Some(reply) => read_reply(reply.code, reply.text, is_first, sample.direction, found),
                None => read_command(line, sample.direction, found),
            }
        }
        *position = lines.position();
        if lines.rest().len() > MAX_LINE_SIZE { Progress::Done } else { Progress::Settled }
    }
}

fn read_reply(code: u16, text: &[u8], is_first: bool, by: Direction, found: &mut Findings) {
    match code {
        220 if is_first => found.text(Attribute::FtpServer, text),
        227 => announce(port_of_six(text), by, found),
        229 => announce(port_of_extended(text), by, found),
        _ => {}
    }
}

fn read_command(line: &[u8], by: Direction, found: &mut Findings) {
    let (verb, argument) = split_word(line);
    match verb.to_ascii_uppercase().as_slice() {
        b"USER" if !argument.is_empty() => found.text(Attribute::FtpUser, argument),
        b"RETR" | b"STOR" | b"APPE" if !argument.is_empty() => found.text(Attribute::FtpFile, argument),
        b"PORT" => announce(port_of_six(argument), by, found),
        b"EPRT" => announce(port_of_extended(argument), by, found),
        _ => {}
    }
}

/// The end that names a port is the one that listens there; what it says of its address may be changed by a translator.
fn announce(port: Option<u16>, by: Direction, found: &mut Findings) {
    if let Some(port) = port.filter(|port| *port != 0) {
        found.expect(Expectation { transport: Transport::Tcp, address: None, by, port, protocol: "ftp-data" });
    }
}

/// `h1,h2,h3,h4,p1,p2`, perhaps in parentheses and behind words (RFC 959 §4.1.2, §5.4).
fn port_of_six(text: &[u8]) -> Option<u16> {
    let start = text.iter().position(|byte| *byte == b'(').map_or(0, |at| at + 1);
    let start = if start == 0 { text.iter().position(u8::is_ascii_digit)? } else { start };
    let mut numbers = text.get(start..)?.split(|byte| !byte.is_ascii_digit()).skip(4);
    let mut byte = || std::str::from_utf8(numbers.next()?).ok()?.parse::<u8>().ok();
    let (high, low) = (byte()?, byte()?);
    Some(u16::from_be_bytes([high, low]))
}

/// `|||6446|` in an answer, `|1|192.0.2.7|6275|` in a command (RFC 2428 §2, §3); the bar may be another character.
fn port_of_extended(text: &[u8]) -> Option<u16> {
    let start = text.iter().position(|byte| *byte == b'(').map_or(0, |at| at + 1);
    let (bar, rest) = text.get(start..)?.split_first()?;
    std::str::from_utf8(rest.split(|byte| byte == bar).nth(2)?).ok()?.parse().ok()
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "greeting that names FTP",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"220 (vsFTPd 3.0.5)\r\n331 Please specify the password.\r\n",
        expect: &[(Attribute::FtpServer, "(vsFTPd 3.0.5)")],
    },
    Example {
        title: "greeting of several lines that names nothing, then TLS is accepted",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"220-Welcome to the mirror\r\n All transfers are logged\r\n220 Go ahead\r\n234 AUTH TLS successful\r\n\x16\x03\x03",
        expect: &[(Attribute::FtpServer, "Welcome to the mirror")],
    },
    Example {
        title: "client that logs in and lists",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"USER anonymous\r\nPASS guest@example.org\r\nSYST\r\nPASV\r\nLIST\r\n",
        expect: &[(Attribute::FtpUser, "anonymous")],
    },
    Example {
        title: "client that asks for TLS first",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"auth tls\r\n",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn sample<'a>(direction: Direction, data: &'a [u8], other: &'a [u8]) -> Sample<'a> {
        Sample { transport: Transport::Tcp, direction, data, other, responder_port: 8021, ..Sample::EMPTY }
    }

    #[test]
    fn user_decides_after_a_greeting_and_not_alone() {
        let user = b"USER ann\r\n";
        assert_eq!(probe(&sample(Direction::Originator, user, b"")), Probe::NeedMore);
        assert!(matches!(probe(&sample(Direction::Originator, user, b"220 ready\r\n")), Probe::Match(_)));
        assert_eq!(probe(&sample(Direction::Originator, user, b"+OK POP3 ready\r\n")), Probe::No);
    }

    #[test]
    fn mail_is_refused() {
        assert_eq!(probe(&sample(Direction::Responder, b"220 ready\r\n", b"EHLO x\r\n")), Probe::No);
        assert_eq!(probe(&sample(Direction::Originator, b"EHLO x\r\n", b"220 ready\r\n")), Probe::No);
        assert_eq!(probe(&sample(Direction::Responder, b"220 ready\r\n250 x\r\n", b"")), Probe::No);
    }

    #[test]
    fn a_name_with_both_words_waits() {
        assert_eq!(probe(&sample(Direction::Responder, b"220 smtp.example.org FTP server\r\n", b"")), Probe::NeedMore);
        assert_eq!(probe(&sample(Direction::Responder, b"220 ftp.example.org ESMTP\r\n", b"")), Probe::NeedMore);
    }

    #[test]
    fn data_connections_are_expected_where_they_are_announced() {
        let (mut ftp, mut found) = (Ftp::default(), Findings::default());
        ftp.feed(
            &sample(Direction::Originator, b"PORT 192,0,2,7,4,1\r\nEPRT |2|2001:db8::1|5282|\r\n", b""),
            &mut found,
        );
        let answers =
            b"227 Entering Passive Mode (192,0,2,1,200,13).\r\n229 Entering Extended Passive Mode (|||6446|)\r\n";
        ftp.feed(&sample(Direction::Responder, answers, b""), &mut found);
        let ports: Vec<_> = found.take_expected().iter().map(|expected| (expected.by, expected.port)).collect();
        let (ours, theirs) = (Direction::Originator, Direction::Responder);
        assert_eq!(ports, [(ours, 1025), (ours, 5282), (theirs, 0xc80d), (theirs, 6446)]);
    }

    #[test]
    fn malformed_ports_announce_nothing() {
        for text in [&b"1,2,3,4,5"[..], b"(1,2,3,4,256,1)", b"", b"("] {
            assert_eq!(port_of_six(text), None, "{text:?}");
        }
        assert_eq!(port_of_extended(b"(|||99999|)"), None);
    }

    #[test]
    fn irc_is_refused() {
        assert_eq!(probe(&sample(Direction::Originator, b"NICK ann\r\nUSER ann 0 * :Ann\r\n", b"")), Probe::No);
        assert_eq!(probe(&sample(Direction::Originator, b"USER ann 0 * :Ann\r\nNICK ann\r\n", b"")), Probe::No);
    }
}
