//! FTP's control connection (RFC 959, RFC 4217): greeting and user. Data connections have no marks of their own.

use crate::attributes::Attribute;
use crate::lines::{contains_ignoring_case, reply, split_word};
use crate::protocol::{Descriptor, Direction, Example, Findings, Probe, Progress, Sample, Transport};
use crate::reply_protocols::{self, Clue, LineInspector, Rules};

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
    transports: &[Transport::Tcp],
    ports: &[21, 2121],
    max_probe_size: MAX_PROBE_SIZE,
    probe,
    inspector: Some(|| Box::new(LineInspector::new(read_line, MAX_LINE_SIZE))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const RULES: Rules = Rules { what: "FTP greeting or command", greeting: greeting_clue, reply: reply_clue, command: command_clue };

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

/// Nothing more is readable once TLS begins, and nothing more is needed after the user is known.
fn read_line(line: &[u8], is_first: bool, found: &mut Findings) -> Progress {
    if let Some(reply) = reply(line) {
        if is_first && reply.code == 220 {
            found.text(Attribute::FtpServer, reply.text);
        }
        return if reply.code == 234 { Progress::Done } else { Progress::Settled };
    }
    let (verb, argument) = split_word(line);
    if verb.eq_ignore_ascii_case(b"USER") && !argument.is_empty() {
        found.text(Attribute::FtpUser, argument);
    }
    if verb.eq_ignore_ascii_case(b"PASS") { Progress::Done } else { Progress::Settled }
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
    fn irc_is_refused() {
        assert_eq!(probe(&sample(Direction::Originator, b"NICK ann\r\nUSER ann 0 * :Ann\r\n", b"")), Probe::No);
        assert_eq!(probe(&sample(Direction::Originator, b"USER ann 0 * :Ann\r\nNICK ann\r\n", b"")), Probe::No);
    }
}
