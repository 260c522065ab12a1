//! POP3 (RFC 1939, RFC 2449): fetching mail.

use crate::formats::reply_protocols::LineInspector;
use crate::probing::dialogue::{Clue, Dialogue, is_word_of, may_become_word_of, probe_dialogue};
use crate::probing::examples::{client, server, telling};
use crate::probing::lines::{contains_ignoring_case, split_word};
use crate::probing::numbers::decimal;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// A response line has at most 512 bytes (RFC 1939 §3).
const MAX_LINE_SIZE: usize = 512;
const COMMANDS: &[&[u8]] = &[
    b"USER", b"PASS", b"APOP", b"STAT", b"LIST", b"RETR", b"DELE", b"NOOP", b"RSET", b"TOP", b"UIDL", b"QUIT", b"CAPA",
    b"STLS", b"AUTH", b"UTF8", b"XTND",
];

/// POP3.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "pop3",
    name: "POP3",
    selector: 705,
    category: "email",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[110],
    first_bytes: FirstBytes::Of(b"+-UPASLRDNTQCXupaslrdntqcx"),
    max_probe_size: MAX_LINE_SIZE * 4,
    probe,
    inspector: Some(|| Box::new(LineInspector::with_tls(read_line, MAX_LINE_SIZE, "pops"))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const DIALOGUE: Dialogue =
    Dialogue { what: "POP3 commands or replies", line: clue, may_become, max_line_size: MAX_LINE_SIZE };

fn probe(sample: &Sample<'_>) -> Probe {
    probe_dialogue(sample, &DIALOGUE)
}

fn clue(line: &[u8]) -> Clue {
    let (word, rest) = split_word(line);
    match word.to_ascii_uppercase().as_slice() {
        b"+OK" if contains_ignoring_case(rest, b"pop") || contains_ignoring_case(rest, b"dovecot") => Clue::Sure(95),
        b"+OK" if is_timestamp(rest) => Clue::Sure(85),
        b"+OK" if !rest.is_empty() => Clue::Likely,
        b"+OK" | b"+" => Clue::Open,
        b"-ERR" if !rest.is_empty() => Clue::Likely,
        b"-ERR" => Clue::Open,
        b"CAPA" | b"UIDL" | b"STLS" if rest.is_empty() => Clue::Likely,
        b"STAT" if rest.is_empty() => Clue::Likely,
        b"RETR" | b"DELE" | b"UIDL" if decimal(rest).is_some() => Clue::Likely,
        b"APOP" if split_word(rest).1.len() == 32 => Clue::Sure(90),
        b"TOP" if decimal(split_word(rest).0).is_some() => Clue::Likely,
        _ if is_word_of(line, COMMANDS) => Clue::Open,
        _ => Clue::Against,
    }
}

/// `<process.clock@host>` at the greeting's end (RFC 1939 §7).
fn is_timestamp(text: &[u8]) -> bool {
    text.ends_with(b">") && text.contains(&b'<') && text.contains(&b'@')
}

fn may_become(line: &[u8]) -> bool {
    may_become_word_of(line, &[b"+OK", b"-ERR", b"+"]) || may_become_word_of(line, COMMANDS)
}

fn read_line(line: &[u8], _is_first: bool, found: &mut Findings) -> Progress {
    let (command, argument) = split_word(line);
    match command.to_ascii_uppercase().as_slice() {
        b"USER" => found.text(Attribute::Pop3User, argument),
        b"APOP" => found.text(Attribute::Pop3User, split_word(argument).0),
        b"RETR" | b"TOP" => return Progress::Done,
        _ => {}
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    server("a server greets", b"+OK POP3 server ready <1896.697170952@dbc.example.org>\r\n"),
    server("a server says little, twice", b"+OK ready\r\n+OK password please\r\n"),
    telling(
        client("a client looks for mail", b"USER ann@example.org\r\nPASS secret\r\nSTAT\r\nUIDL\r\nRETR 1\r\n"),
        &[(Attribute::Pop3User, "ann@example.org")],
    ),
    telling(
        client("a client proves its password", b"APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n"),
        &[(Attribute::Pop3User, "mrose")],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_vague_line_waits_and_others_are_refused() {
        assert_eq!(probe(&Sample { data: b"+OK\r\n", ..Sample::EMPTY }), Probe::NeedMore);
        assert_eq!(probe(&Sample { data: b"USER x\r\nPASS y\r\n", ..Sample::EMPTY }), Probe::NeedMore);
        let both = Sample { data: b"STAT\r\n", other: b"+OK hello\r\n", ..Sample::EMPTY };
        assert!(matches!(probe(&both), Probe::Match(_)));
        for data in [&b"+PONG\r\n"[..], b"-MISCONF x\r\n", b"USER x\r\nSYST\r\n", b"POST / HTTP/1.1\r\n"] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }
}
