//! NNTP (RFC 3977, RFC 4643): Usenet's news.

use crate::formats::reply_protocols::LineInspector;
use crate::probing::dialogue::{Clue, Dialogue, is_word_of, may_become_word_of, probe_dialogue};
use crate::probing::examples::{client, server, telling};
use crate::probing::lines::{contains_ignoring_case, reply, split_word, starts_with_ignoring_case};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// A command line has at most 512 bytes (RFC 3977 §3.1); greetings of some servers are longer.
const MAX_LINE_SIZE: usize = 1024;
/// Said by no other protocol that greets with three digits.
const OWN: &[&[u8]] = &[
    b"GROUP",
    b"LISTGROUP",
    b"ARTICLE",
    b"XOVER",
    b"XHDR",
    b"AUTHINFO",
    b"IHAVE",
    b"NEWGROUPS",
    b"NEWNEWS",
    b"XPAT",
    b"XFEATURE",
    b"TAKETHIS",
];
/// Said by others too.
const SHARED: &[&[u8]] = &[
    b"MODE",
    b"CAPABILITIES",
    b"LIST",
    b"HELP",
    b"DATE",
    b"STAT",
    b"HEAD",
    b"BODY",
    b"NEXT",
    b"LAST",
    b"POST",
    b"OVER",
    b"HDR",
    b"QUIT",
    b"STARTTLS",
    b"SLAVE",
    b"COMPRESS",
    b"CHECK",
];

/// NNTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "nntp",
    name: "Usenet",
    selector: 704,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[119, 433],
    first_bytes: FirstBytes::Of(b"12345GLAXINTMCHDSBPOQglaxintmchdsbpoq"),
    max_probe_size: MAX_LINE_SIZE * 2,
    probe,
    inspector: Some(|| Box::new(LineInspector::new(read_line, MAX_LINE_SIZE))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const DIALOGUE: Dialogue =
    Dialogue { what: "news commands or replies", line: clue, may_become, max_line_size: MAX_LINE_SIZE };

fn probe(sample: &Sample<'_>) -> Probe {
    probe_dialogue(sample, &DIALOGUE)
}

fn clue(line: &[u8]) -> Clue {
    if let Some(reply) = reply(line) {
        let names = [
            &b"nntp"[..],
            b"netnews",
            b"news server",
            b"inn ",
            b"usenet",
            b"leafnode",
            b"newsreader",
            b"news.",
            b"posting",
        ];
        return match reply.code {
            200 | 201 | 400 | 502 if names.iter().any(|name| contains_ignoring_case(reply.text, name)) => {
                Clue::Sure(85)
            }
            200 | 201 | 101 | 111 | 205 | 211 | 215 | 220..=224 | 281 | 381 | 411 | 412 | 430 | 480..=482 => Clue::Open,
            _ => Clue::Against,
        };
    }
    let (_, argument) = split_word(line);
    if starts_with_ignoring_case(line, b"MODE READER") {
        Clue::Sure(90)
    } else if is_word_of(line, OWN) && (!argument.is_empty() || is_word_of(line, &[b"LISTGROUP"])) {
        Clue::Sure(80)
    } else if is_word_of(line, &[b"CAPABILITIES"]) {
        Clue::Likely
    } else if is_word_of(line, SHARED) {
        Clue::Open
    } else {
        Clue::Against
    }
}

fn may_become(line: &[u8]) -> bool {
    let is_reply =
        matches!(line, [b'1'..=b'5'] | [b'1'..=b'5', b'0'..=b'9'] | [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9', ..]);
    is_reply || may_become_word_of(line, OWN) || may_become_word_of(line, SHARED)
}

fn read_line(line: &[u8], is_first: bool, found: &mut Findings) -> Progress {
    let (command, argument) = split_word(line);
    match command.to_ascii_uppercase().as_slice() {
        b"GROUP" => found.text(Attribute::NntpGroup, argument),
        b"STARTTLS" => return Progress::Done,
        _ if is_first => {
            if let Some(host) = reply(line).and_then(|reply| host_of(reply.text)) {
                found.set_host(host);
            }
        }
        _ => {}
    }
    Progress::Settled
}

/// Many greetings begin with the server's name.
fn host_of(text: &[u8]) -> Option<&[u8]> {
    let (word, _) = split_word(text);
    let is_name =
        word.contains(&b'.') && word.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    (is_name && word.last().is_some_and(u8::is_ascii_alphabetic)).then_some(word)
}

const EXAMPLES: &[Example] = &[
    server("a server greets", b"200 news.example.org InterNetNews NNRP server INN 2.7.0 ready (posting ok)\r\n"),
    telling(
        client("a reader selects a group", b"MODE READER\r\nGROUP misc.test\r\nXOVER 1-20\r\n"),
        &[(Attribute::NntpGroup, "misc.test")],
    ),
    client("a reader logs in", b"AUTHINFO USER ann\r\n"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings_of_others_are_refused() {
        for data in [&b"220 mail ESMTP\r\n"[..], b"HTTP/1.1 200 OK\r\n", b"+OK\r\n", b"HEAD / HTTP/1.1\r\n"] {
            let answer = probe(&Sample { data, ..Sample::EMPTY });
            assert!(!matches!(answer, Probe::Match(_)), "{data:?}");
        }
    }
}
