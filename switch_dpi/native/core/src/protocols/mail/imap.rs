//! IMAP (RFC 3501, RFC 9051): mail boxes on a server.

use crate::formats::reply_protocols::LineInspector;
use crate::probing::dialogue::{Clue, Dialogue, is_word_of, may_become_word_of, probe_dialogue};
use crate::probing::examples::{client, server, telling};
use crate::probing::lines::{contains_ignoring_case, split_word};
use crate::probing::numbers::decimal;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// Greetings list capabilities; RFC 7162 §4 asks for lines of 8 KB to be read.
const MAX_LINE_SIZE: usize = 8192;
/// Tags are short in practice (RFC 9051 §2.2.1 sets no bound).
const MAX_TAG_SIZE: usize = 20;
/// After a tag, said by no other protocol.
const OWN: &[&[u8]] = &[
    b"CAPABILITY",
    b"AUTHENTICATE",
    b"EXAMINE",
    b"STARTTLS",
    b"NAMESPACE",
    b"LSUB",
    b"XLIST",
    b"EXPUNGE",
    b"GETQUOTAROOT",
];
/// Words that could stand second in other lines.
const SHARED: &[&[u8]] = &[
    b"LOGIN",
    b"LOGOUT",
    b"NOOP",
    b"SELECT",
    b"LIST",
    b"STATUS",
    b"FETCH",
    b"STORE",
    b"SEARCH",
    b"COPY",
    b"MOVE",
    b"UID",
    b"IDLE",
    b"ID",
    b"ENABLE",
    b"APPEND",
    b"CLOSE",
    b"CHECK",
    b"CREATE",
    b"DELETE",
    b"RENAME",
    b"SUBSCRIBE",
    b"UNSUBSCRIBE",
    b"UNSELECT",
    b"COMPRESS",
    b"OK",
    b"NO",
    b"BAD",
];
const UNTAGGED: &[&[u8]] =
    &[b"OK", b"PREAUTH", b"BYE", b"NO", b"BAD", b"CAPABILITY", b"FLAGS", b"LIST", b"STATUS", b"SEARCH"];

/// IMAP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "imap",
    name: "IMAP",
    selector: 706,
    category: "email",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[143],
    first_bytes: FirstBytes::Where(|byte| byte == b'*' || is_tag_byte(byte)),
    max_probe_size: MAX_LINE_SIZE,
    probe,
    inspector: Some(|| Box::new(LineInspector::with_tls(read_line, MAX_LINE_SIZE, "imaps"))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const DIALOGUE: Dialogue =
    Dialogue { what: "IMAP commands or replies", line: clue, may_become, max_line_size: MAX_LINE_SIZE };

fn probe(sample: &Sample<'_>) -> Probe {
    probe_dialogue(sample, &DIALOGUE)
}

const fn is_tag_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'$')
}

fn clue(line: &[u8]) -> Clue {
    let (tag, rest) = split_word(line);
    let (_, argument) = split_word(rest);
    if tag == b"*" {
        return untagged_clue(rest);
    }
    let is_tag = (1..=MAX_TAG_SIZE).contains(&tag.len()) && tag.iter().copied().all(is_tag_byte);
    if !is_tag || tag.iter().all(|byte| byte.is_ascii_alphabetic()) && tag.len() > 4 {
        Clue::Against
    } else if is_word_of(rest, OWN) {
        Clue::Sure(85)
    } else if is_word_of(rest, &[b"LOGIN"]) && !argument.is_empty() {
        Clue::Sure(75)
    } else if is_word_of(rest, SHARED) {
        Clue::Likely
    } else {
        Clue::Against
    }
}

/// Status and data without a tag (RFC 9051 §7); most greetings name themselves.
fn untagged_clue(rest: &[u8]) -> Clue {
    let (word, text) = split_word(rest);
    if contains_ignoring_case(text, b"imap") || rest.starts_with(b"OK [CAPABILITY") {
        Clue::Sure(95)
    } else if is_word_of(rest, UNTAGGED)
        || (decimal(word).is_some() && is_word_of(text, &[b"EXISTS", b"RECENT", b"FETCH", b"EXPUNGE"]))
    {
        Clue::Likely
    } else {
        Clue::Against
    }
}

fn may_become(line: &[u8]) -> bool {
    let (tag, rest) = split_word(line);
    if line.starts_with(b"*") {
        return rest.is_empty() || may_become_word_of(rest, UNTAGGED) || rest.first().is_some_and(u8::is_ascii_digit);
    }
    let is_tag = tag.len() <= MAX_TAG_SIZE && tag.iter().copied().all(is_tag_byte);
    is_tag && (rest.is_empty() || may_become_word_of(rest, OWN) || may_become_word_of(rest, SHARED))
}

fn read_line(line: &[u8], _is_first: bool, found: &mut Findings) -> Progress {
    let (command, argument) = split_word(split_word(line).1);
    match command.to_ascii_uppercase().as_slice() {
        b"LOGIN" => {
            let user = match argument.strip_prefix(b"\"") {
                Some(quoted) => quoted.split(|byte| *byte == b'"').next().unwrap_or_default(),
                None => split_word(argument).0,
            };
            found.text(Attribute::ImapUser, user);
        }
        b"FETCH" | b"UID" | b"COMPRESS" => return Progress::Done,
        _ => {}
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    server("a server greets with what it can", b"* OK [CAPABILITY IMAP4rev1 LITERAL+ STARTTLS] ready.\r\n"),
    server("a server lists its capabilities", b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na001 OK done\r\n"),
    telling(
        client("a client logs in", b"a001 LOGIN \"ann\" \"secret\"\r\na002 SELECT INBOX\r\n"),
        &[(Attribute::ImapUser, "ann")],
    ),
    client("a client asks for capabilities", b"1 CAPABILITY\r\n"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_others_are_refused() {
        for data in
            [&b"GET / HTTP/1.1\r\n"[..], b"EHLO x\r\n", b"* 3\r\n", b"USER ann\r\n", b"HELLO OK\r\n", b"200 OK\r\nx"]
        {
            let answer = probe(&Sample { data, ..Sample::EMPTY });
            assert!(!matches!(answer, Probe::Match(_)), "{data:?}");
        }
    }
}
