//! SMTP (RFC 5321): greeting, envelope and the name that the client gives itself. Mail itself is not read.
//!
//! Which end is the server is told from what it says, not from who connected: a capture may begin late.

use crate::formats::reply_protocols::{self, Clue, LineInspector, Rules};
use crate::probing::lines::{contains_ignoring_case, reply, split_word};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, Probe, Progress, Sample, Transport};

/// A reply line has at most 512 bytes (RFC 5321 §4.5.3.1.5); some servers greet with several.
const MAX_PROBE_SIZE: usize = 2048;
/// The longest command line looked at; RFC 5321 §4.5.3.1.4 says 512, extensions add to it.
pub(crate) const MAX_COMMAND_SIZE: usize = 2048;

/// SMTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "smtp",
    name: "SMTP",
    selector: 25,
    category: "email",
    transports: &[Transport::Tcp],
    ports: &[25, 587, 2525],
    max_probe_size: MAX_PROBE_SIZE,
    probe,
    inspector: Some(|| Box::new(LineInspector::with_tls(read_line, MAX_COMMAND_SIZE, "smtps"))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const RULES: Rules =
    Rules { what: "SMTP greeting or command", greeting: greeting_clue, reply: reply_clue, command: command_clue };

fn probe(sample: &Sample<'_>) -> Probe {
    reply_protocols::probe(sample, &RULES)
}

fn greeting_clue(code: u16, text: &[u8]) -> Clue {
    const NAMES: &[&[u8]] = &[b"smtp", b"postfix", b"sendmail", b"exim"];
    if !matches!(code, 220 | 421 | 554) || contains_ignoring_case(text, b"lmtp") {
        return Clue::Against;
    }
    let is_named = NAMES.iter().any(|name| contains_ignoring_case(text, name));
    if is_named && !contains_ignoring_case(text, b"ftp") { Clue::For } else { Clue::Open }
}

fn reply_clue(code: u16) -> Clue {
    match code {
        250 | 235 | 334 | 354 | 251 | 252 => Clue::For,
        211 | 214 | 220 | 221 => Clue::Open,
        400..=599 => Clue::Open,
        _ => Clue::Against,
    }
}

fn command_clue(line: &[u8]) -> Clue {
    let (verb, argument) = split_word(line);
    match verb.to_ascii_uppercase().as_slice() {
        b"EHLO" | b"HELO" if !argument.is_empty() => Clue::For,
        b"MAIL" | b"RCPT" if argument.contains(&b':') => Clue::For,
        b"STARTTLS" if argument.is_empty() => Clue::For,
        b"AUTH" if !matches!(argument.to_ascii_uppercase().as_slice(), b"TLS" | b"SSL" | b"TLS-C" | b"TLS-P" | b"") => {
            Clue::For
        }
        b"QUIT" | b"NOOP" | b"RSET" | b"HELP" | b"VRFY" | b"EXPN" => Clue::Open,
        _ => Clue::Against,
    }
}

/// After DATA and BDAT no more lines come that tell the parties.
pub(crate) fn read_line(line: &[u8], is_first: bool, found: &mut Findings) -> Progress {
    if let Some(reply) = reply(line) {
        if is_first && reply.code == 220 {
            found.text(Attribute::SmtpServer, reply.text);
        }
        return Progress::Settled;
    }
    let (verb, argument) = split_word(line);
    match verb.to_ascii_uppercase().as_slice() {
        b"EHLO" | b"HELO" | b"LHLO" if !argument.is_empty() => found.text(Attribute::SmtpHelo, argument),
        b"MAIL" => add_path(Attribute::SmtpMailFrom, argument, b"FROM:", found),
        b"RCPT" => add_path(Attribute::SmtpRecipient, argument, b"TO:", found),
        b"DATA" | b"BDAT" => return Progress::Done,
        _ => {}
    }
    Progress::Settled
}

/// Adds `a@b` of `FROM:<a@b> SIZE=1`; the angle brackets are often missing. The null reverse-path is empty (RFC 5321 §4.5.5).
fn add_path(attribute: Attribute, argument: &[u8], label: &[u8], found: &mut Findings) {
    let Some((start, rest)) = argument.split_at_checked(label.len()) else { return };
    if !start.eq_ignore_ascii_case(label) {
        return;
    }
    let rest = rest.trim_ascii_start();
    let path = match rest.strip_prefix(b"<") {
        Some(bracketed) => bracketed.split(|byte| *byte == b'>').next().unwrap_or_default(),
        None => split_word(rest).0,
    };
    found.text(attribute, path);
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "greeting that names ESMTP",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"220 mx1.example.net ESMTP ready at Tue, 4 Jun 2024\r\n250-mx1.example.net\r\n250 STARTTLS\r\n",
        expect: &[(Attribute::SmtpServer, "mx1.example.net ESMTP ready at Tue, 4 Jun 2024")],
    },
    Example {
        title: "envelope, pipelined, with one path outside brackets",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"EHLO client.example.org\r\nMAIL FROM:<ann@example.org> SIZE=1200\r\nRCPT TO:<bob@example.net>\r\nrcpt to: cy@example.net\r\nDATA\r\nMAIL FROM:<not@envelope>\r\n",
        expect: &[
            (Attribute::SmtpHelo, "client.example.org"),
            (Attribute::SmtpMailFrom, "ann@example.org"),
            (Attribute::SmtpRecipient, "bob@example.net"),
            (Attribute::SmtpRecipient, "cy@example.net"),
        ],
    },
    Example {
        title: "delivery report: null reverse-path, then TLS",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"HELO [192.0.2.7]\r\nMAIL FROM:<>\r\nSTARTTLS\r\n\x16\x03\x01\x00\x05",
        expect: &[(Attribute::SmtpHelo, "[192.0.2.7]"), (Attribute::SmtpMailFrom, "")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn sample<'a>(direction: Direction, data: &'a [u8], other: &'a [u8]) -> Sample<'a> {
        Sample { transport: Transport::Tcp, direction, data, other, responder_port: 2525, ..Sample::EMPTY }
    }

    #[test]
    fn a_greeting_that_names_nothing_waits_for_the_client() {
        let greeting = b"220 host.example.com ready\r\n";
        assert_eq!(probe(&sample(Direction::Responder, greeting, b"")), Probe::NeedMore);
        assert_eq!(probe(&sample(Direction::Originator, b"EHL", greeting)), Probe::NeedMore);
        assert!(matches!(probe(&sample(Direction::Originator, b"EHLO x\r\n", greeting)), Probe::Match(_)));
        assert_eq!(probe(&sample(Direction::Originator, b"USER x\r\n", greeting)), Probe::No);
    }

    #[test]
    fn a_second_reply_tells_a_server_seen_alone() {
        assert!(matches!(probe(&sample(Direction::Responder, b"220 x\r\n250-x\r\n", b"")), Probe::Match(_)));
        assert_eq!(probe(&sample(Direction::Responder, b"220 x\r\n331 Password\r\n", b"")), Probe::No);
    }

    #[test]
    fn roles_follow_the_words_when_the_capture_began_late() {
        assert!(matches!(probe(&sample(Direction::Originator, b"220 a ESMTP\r\n", b"")), Probe::Match(_)));
    }

    #[test]
    fn other_protocols_are_refused() {
        for data in
            [&b"GET / HTTP/1.1\r\n"[..], b"\x16\x03\x01", b"EHLO\x00", b"200 news ready\r\n", b"HTTP/1.1 220 x\r\n"]
        {
            assert_eq!(probe(&sample(Direction::Originator, data, b"")), Probe::No, "{data:?}");
        }
    }

    #[test]
    fn ftp_authentication_is_not_mail() {
        assert_eq!(command_clue(b"AUTH TLS"), Clue::Against);
        assert_eq!(command_clue(b"AUTH PLAIN AGEAYg=="), Clue::For);
    }
}
