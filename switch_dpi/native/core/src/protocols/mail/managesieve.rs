//! ManageSieve (RFC 5804): filters of a mail server.

use crate::probing::dialogue::{Clue, Dialogue, is_word_of, may_become_word_of, probe_dialogue};
use crate::probing::examples::{client, server};
use crate::probing::lines::split_word;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const MAX_LINE_SIZE: usize = 2048;
/// Capabilities that only this protocol has (RFC 5804 §1.7).
const CAPABILITIES: &[&[u8]] = &[b"\"IMPLEMENTATION\"", b"\"SIEVE\"", b"\"NOTIFY\"", b"\"MAXREDIRECTS\""];
const SHARED: &[&[u8]] =
    &[b"\"SASL\"", b"\"STARTTLS\"", b"\"VERSION\"", b"\"LANGUAGE\"", b"\"OWNER\"", b"\"RENAME\"", b"OK", b"NO", b"BYE"];
const COMMANDS: &[&[u8]] = &[
    b"LISTSCRIPTS",
    b"PUTSCRIPT",
    b"GETSCRIPT",
    b"SETACTIVE",
    b"HAVESPACE",
    b"CHECKSCRIPT",
    b"DELETESCRIPT",
    b"RENAMESCRIPT",
];
const SHARED_COMMANDS: &[&[u8]] = &[b"AUTHENTICATE", b"STARTTLS", b"LOGOUT", b"CAPABILITY", b"NOOP", b"UNAUTHENTICATE"];

/// ManageSieve.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "managesieve",
    name: "ManageSieve",
    selector: 738,
    category: "email",
    transports: &[Transport::Tcp],
    ports: &[4190, 2000],
    first_bytes: FirstBytes::Of(b"\"ONBLPGSHCDRAUonblpgshcdrau"),
    max_probe_size: MAX_LINE_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const DIALOGUE: Dialogue = Dialogue {
    what: "ManageSieve commands or capabilities",
    line: clue,
    may_become: |line| {
        [CAPABILITIES, SHARED, COMMANDS, SHARED_COMMANDS].iter().any(|words| may_become_word_of(line, words))
    },
    max_line_size: MAX_LINE_SIZE,
};

fn probe(sample: &Sample<'_>) -> Probe {
    probe_dialogue(sample, &DIALOGUE)
}

fn clue(line: &[u8]) -> Clue {
    let (_, argument) = split_word(line);
    if is_word_of(line, CAPABILITIES) {
        Clue::Sure(90)
    } else if is_word_of(line, COMMANDS) && (argument.starts_with(b"\"") || is_word_of(line, &[b"LISTSCRIPTS"])) {
        Clue::Sure(85)
    } else if is_word_of(line, &[b"AUTHENTICATE"]) && argument.starts_with(b"\"") {
        Clue::Likely
    } else if is_word_of(line, SHARED) || is_word_of(line, SHARED_COMMANDS) {
        Clue::Open
    } else {
        Clue::Against
    }
}

const EXAMPLES: &[Example] = &[
    server("a server greets", b"\"IMPLEMENTATION\" \"Dovecot Pigeonhole\"\r\n\"SIEVE\" \"fileinto reject\"\r\n\"SASL\" \"PLAIN\"\r\nOK \"ready\"\r\n"),
    client("a script is stored", b"PUTSCRIPT \"main\" {31+}\r\nrequire [\"fileinto\"];\r\n"),
];
