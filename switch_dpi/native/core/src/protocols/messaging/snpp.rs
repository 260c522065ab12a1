//! SNPP (RFC 1861): paging.

use crate::probing::dialogue::{Clue, Dialogue, is_word_of, may_become_word_of, probe_dialogue};
use crate::probing::examples::{client, server};
use crate::probing::lines::{contains_ignoring_case, reply, split_word};
use crate::probing::numbers::decimal;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const MAX_LINE_SIZE: usize = 512;
const COMMANDS: &[&[u8]] = &[
    b"PAGE",
    b"PAGER",
    b"MESS",
    b"MESSAGE",
    b"SEND",
    b"RESET",
    b"QUIT",
    b"HELP",
    b"DATA",
    b"LOGIN",
    b"LEVEL",
    b"ALERT",
    b"COVERAGE",
    b"HOLD",
    b"CALLER",
    b"SUBJECT",
    b"2WAY",
    b"PING",
    b"EXPT",
    b"NOQU",
    b"ACKR",
    b"RTYP",
    b"MCRE",
    b"MSTA",
    b"KTAG",
];

/// SNPP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "snpp",
    name: "SNPP",
    selector: 737,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[444],
    first_bytes: FirstBytes::Of(b"2458PMSRQHDLACENKpmsrqhdlacenk"),
    max_probe_size: MAX_LINE_SIZE * 2,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const DIALOGUE: Dialogue =
    Dialogue { what: "SNPP commands or replies", line: clue, may_become, max_line_size: MAX_LINE_SIZE };

fn probe(sample: &Sample<'_>) -> Probe {
    probe_dialogue(sample, &DIALOGUE)
}

fn clue(line: &[u8]) -> Clue {
    if let Some(reply) = reply(line) {
        return match reply.code {
            220 if contains_ignoring_case(reply.text, b"snpp") => Clue::Sure(95),
            220 | 214 | 218 | 221 | 250 | 354 | 421 | 500..=599 | 850 | 860 | 880 | 960 => Clue::Open,
            _ => Clue::Against,
        };
    }
    let (_, argument) = split_word(line);
    if is_word_of(line, &[b"PAGE", b"PAGER"]) && decimal(argument.get(..3).unwrap_or(argument)).is_some() {
        Clue::Sure(80)
    } else if is_word_of(line, &[b"MESS"]) && !argument.is_empty() {
        Clue::Sure(75)
    } else if is_word_of(line, COMMANDS) {
        Clue::Open
    } else {
        Clue::Against
    }
}

fn may_become(line: &[u8]) -> bool {
    line.first().is_some_and(|byte| matches!(byte, b'2' | b'4' | b'5' | b'8')) || may_become_word_of(line, COMMANDS)
}

const EXAMPLES: &[Example] = &[
    server("a gateway greets", b"220 SNPP (V3) Gateway Ready\r\n"),
    client("a page is sent", b"PAGE 5551212\r\nMESS Your network is hosed\r\nSEND\r\nQUIT\r\n"),
];
