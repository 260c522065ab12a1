//! DICT (RFC 2229): dictionaries asked for definitions.

use crate::formats::reply_protocols::LineInspector;
use crate::probing::dialogue::{Clue, Dialogue, is_word_of, may_become_word_of, probe_dialogue};
use crate::probing::examples::{client, server, telling};
use crate::probing::lines::{reply, split_word, starts_with_ignoring_case};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// A line has at most 1024 bytes (RFC 2229 §2.2).
const MAX_LINE_SIZE: usize = 1024;
const COMMANDS: &[&[u8]] =
    &[b"DEFINE", b"MATCH", b"SHOW", b"CLIENT", b"STATUS", b"HELP", b"QUIT", b"OPTION", b"AUTH", b"SASLAUTH"];

/// DICT.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dict",
    name: "DICT",
    selector: 733,
    category: "education",
    transports: &[Transport::Tcp],
    ports: &[2628],
    first_bytes: FirstBytes::Of(b"12DMSCHQOAdmschqoa"),
    max_probe_size: MAX_LINE_SIZE * 2,
    probe,
    inspector: Some(|| Box::new(LineInspector::new(read_line, MAX_LINE_SIZE))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const DIALOGUE: Dialogue =
    Dialogue { what: "DICT commands or replies", line: clue, may_become, max_line_size: MAX_LINE_SIZE };

fn probe(sample: &Sample<'_>) -> Probe {
    probe_dialogue(sample, &DIALOGUE)
}

/// A greeting ends with capabilities and a message identifier, both in angle brackets (RFC 2229 §3.1).
fn clue(line: &[u8]) -> Clue {
    if let Some(reply) = reply(line) {
        let is_greeting = reply.text.ends_with(b">") && reply.text.windows(3).any(|window| window == b"> <");
        let counts = reply.text.windows(12).any(|window| window == b"definitions ");
        return match reply.code {
            220 if is_greeting => Clue::Sure(90),
            150 if counts => Clue::Sure(90),
            110 | 111 | 112 | 113 | 114 | 150..=152 | 210 | 220 | 221 | 250 => Clue::Open,
            _ => Clue::Against,
        };
    }
    let (_, argument) = split_word(line);
    let fields = argument.split(|byte| *byte == b' ').count();
    if starts_with_ignoring_case(line, b"SHOW DB") || starts_with_ignoring_case(line, b"SHOW STRAT") {
        Clue::Sure(85)
    } else if (is_word_of(line, &[b"DEFINE"]) && fields >= 2) || (is_word_of(line, &[b"MATCH"]) && fields >= 3) {
        Clue::Sure(80)
    } else if is_word_of(line, COMMANDS) {
        Clue::Open
    } else {
        Clue::Against
    }
}

fn may_become(line: &[u8]) -> bool {
    line.first().is_none_or(|byte| matches!(byte, b'1' | b'2')) || may_become_word_of(line, COMMANDS)
}

fn read_line(line: &[u8], _is_first: bool, found: &mut Findings) -> Progress {
    let (command, argument) = split_word(line);
    if command.eq_ignore_ascii_case(b"DEFINE") {
        found.text(Attribute::DictQuery, split_word(argument).1);
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    server(
        "a server greets",
        b"220 dict.example.org dictd 1.12.1 <auth.mime> <4021.1045.1700000000@dict.example.org>\r\n",
    ),
    telling(
        client("a word is looked up", b"CLIENT \"reader 1.0\"\r\nDEFINE * penguin\r\nQUIT\r\n"),
        &[(Attribute::DictQuery, "penguin")],
    ),
];
