//! LMTP (RFC 2033): how a mail server hands mail to the one that keeps the mailboxes. As SMTP, with a greeting of its own.

use crate::formats::reply_protocols::{self, Clue, LineInspector, Rules};
use crate::probing::lines::{contains_ignoring_case, split_word};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Probe, Sample, Transport};
use crate::protocols::smtp;

/// LMTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "lmtp",
    name: "LMTP",
    selector: 1801,
    category: "email",
    transports: &[Transport::Tcp],
    ports: &[24],
    max_probe_size: smtp::DESCRIPTOR.max_probe_size,
    probe,
    inspector: Some(|| Box::new(LineInspector::with_tls(smtp::read_line, smtp::MAX_COMMAND_SIZE, "smtps"))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const RULES: Rules =
    Rules { what: "LMTP greeting or LHLO", greeting: greeting_clue, reply: reply_clue, command: command_clue };

fn probe(sample: &Sample<'_>) -> Probe {
    reply_protocols::probe(sample, &RULES)
}

fn greeting_clue(code: u16, text: &[u8]) -> Clue {
    match code {
        220 | 421 | 554 if contains_ignoring_case(text, b"lmtp") => Clue::For,
        220 | 421 | 554 => Clue::Open,
        _ => Clue::Against,
    }
}

/// Replies are SMTP's: they tell nothing here.
fn reply_clue(code: u16) -> Clue {
    if matches!(code, 200..=354 | 400..=599) { Clue::Open } else { Clue::Against }
}

/// The client says LHLO where SMTP's says EHLO or HELO (RFC 2033 §4.1).
fn command_clue(line: &[u8]) -> Clue {
    let (verb, argument) = split_word(line);
    match verb.to_ascii_uppercase().as_slice() {
        b"LHLO" if !argument.is_empty() => Clue::For,
        b"EHLO" | b"HELO" => Clue::Against,
        b"MAIL" | b"RCPT" | b"STARTTLS" | b"AUTH" | b"QUIT" | b"NOOP" | b"RSET" | b"DATA" | b"BDAT" => Clue::Open,
        _ => Clue::Against,
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "greeting that names it",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"220 foo.example.org LMTP server ready\r\n250-foo.example.org\r\n250 PIPELINING\r\n",
        expect: &[(Attribute::SmtpServer, "foo.example.org LMTP server ready")],
    },
    Example {
        title: "envelope",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"LHLO mx.example.org\r\nMAIL FROM:<ann@example.net>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n",
        expect: &[
            (Attribute::SmtpHelo, "mx.example.org"),
            (Attribute::SmtpMailFrom, "ann@example.net"),
            (Attribute::SmtpRecipient, "bob@example.org"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_command_tells_it_from_smtp() {
        let sample = |data, other| Sample { data, other, ..Sample::EMPTY };
        let greeting = b"220 host ready\r\n";
        for (command, is_lmtp) in [(&b"LHLO x\r\n"[..], true), (b"EHLO x\r\n", false)] {
            let probes = [probe, smtp::DESCRIPTOR.probe].map(|probe| probe(&sample(command, &greeting[..])));
            assert_eq!(probes.map(|answer| matches!(answer, Probe::Match(_))), [is_lmtp, !is_lmtp]);
        }
        assert_eq!(probe(&sample(b"EHLO", greeting)), Probe::NeedMore);
    }
}
