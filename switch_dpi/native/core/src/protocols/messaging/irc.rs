//! IRC (RFC 1459, RFC 2812, IRCv3 capabilities): who speaks as whom, and where.

use crate::formats::reply_protocols::LineInspector;
use crate::probing::dialogue::{Clue, Dialogue, is_word_of, may_become_word_of, probe_dialogue};
use crate::probing::examples::{client, server, telling};
use crate::probing::lines::{split_word, starts_with_ignoring_case};
use crate::probing::numbers::decimal;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// A line has 512 bytes (RFC 2812 §2.3); message tags add 8191 (IRCv3).
const MAX_LINE_SIZE: usize = 512;
/// Commands that a connection may begin with.
const COMMANDS: &[&[u8]] = &[
    b"NICK",
    b"USER",
    b"PASS",
    b"CAP",
    b"JOIN",
    b"PRIVMSG",
    b"NOTICE",
    b"PING",
    b"PONG",
    b"ERROR",
    b"MODE",
    b"WHO",
    b"WHOIS",
    b"QUIT",
    b"PART",
    b"TOPIC",
    b"NAMES",
    b"AUTHENTICATE",
    b"ISON",
    b"USERHOST",
    b"SERVER",
    b"LIST",
];

/// IRC.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "irc",
    name: "IRC",
    selector: 703,
    category: "messaging",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[6667, 6660, 6666, 6668, 6669, 7000, 8000],
    first_bytes: FirstBytes::Of(b"NUPCJMEWQTAIS:LnupcjmewqtaislL"),
    max_probe_size: MAX_LINE_SIZE * 4,
    probe,
    inspector: Some(|| Box::new(LineInspector::new(read_line, MAX_LINE_SIZE))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const DIALOGUE: Dialogue = Dialogue { what: "IRC messages", line: clue, may_become, max_line_size: MAX_LINE_SIZE };

fn probe(sample: &Sample<'_>) -> Probe {
    probe_dialogue(sample, &DIALOGUE)
}

fn clue(line: &[u8]) -> Clue {
    if let Some(rest) = line.strip_prefix(b":") {
        return prefixed_clue(rest);
    }
    let (command, rest) = split_word(line);
    let words = rest.split(|byte| *byte == b' ').count();
    match command.to_ascii_uppercase().as_slice() {
        b"NICK" if !rest.is_empty() && words <= 2 => Clue::Sure(75),
        b"USER" if rest.split(|byte| *byte == b' ').nth(1) == Some(b"pass") => Clue::Against, // APRS-IS logs in so
        b"USER" if words >= 4 && rest.windows(2).any(|pair| pair == b" :") => Clue::Sure(90),
        b"USER" if words >= 4 => Clue::Sure(75),
        b"CAP" if starts_with_ignoring_case(rest, b"LS") || starts_with_ignoring_case(rest, b"REQ :") => Clue::Sure(95),
        b"JOIN" if matches!(rest.first(), Some(b'#' | b'&' | b'+' | b'!')) => Clue::Sure(85),
        b"PRIVMSG" | b"NOTICE" if rest.windows(2).any(|pair| pair == b" :") => Clue::Sure(90),
        b"ERROR" if rest.starts_with(b":") => Clue::Sure(80),
        b"PING" | b"PONG" if rest.starts_with(b":") => Clue::Likely,
        b"PASS" if !rest.is_empty() => Clue::Open,
        b"PING" | b"PONG" | b"MODE" | b"WHO" | b"WHOIS" | b"PART" | b"TOPIC" | b"NAMES" | b"ISON" | b"USERHOST"
            if !rest.is_empty() =>
        {
            Clue::Open
        }
        b"" => Clue::Open,
        _ => Clue::Against,
    }
}

/// `prefix command …` after the colon (RFC 2812 §2.3.1): numeric replies and the commonest messages.
fn prefixed_clue(line: &[u8]) -> Clue {
    let (prefix, rest) = split_word(line);
    let (command, _) = split_word(rest);
    let is_numeric = command.len() == 3 && decimal(command).is_some();
    if prefix.is_empty() {
        Clue::Against
    } else if is_numeric || is_word_of(rest, COMMANDS) {
        Clue::Sure(90)
    } else {
        Clue::Against
    }
}

fn may_become(line: &[u8]) -> bool {
    line.starts_with(b":") || may_become_word_of(line, COMMANDS)
}

fn read_line(line: &[u8], _is_first: bool, found: &mut Findings) -> Progress {
    if let Some(rest) = line.strip_prefix(b":") {
        let (prefix, rest) = split_word(rest);
        let is_server = prefix.contains(&b'.') && !prefix.contains(&b'!');
        if is_server && (rest.starts_with(b"001 ") || rest.starts_with(b"NOTICE ")) {
            found.set_host(prefix);
        }
        return Progress::Settled;
    }
    let (command, rest) = split_word(line);
    match command.to_ascii_uppercase().as_slice() {
        b"NICK" => found.text(Attribute::IrcNick, split_word(rest).0),
        b"JOIN" => found.text(Attribute::IrcChannel, split_word(rest).0),
        b"STARTTLS" => return Progress::Done,
        _ => {}
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    telling(
        client(
            "a client registers and joins",
            b"PASS secret\r\nNICK ann\r\nUSER ann 0 * :Ann Example\r\nJOIN #rust\r\n",
        ),
        &[(Attribute::IrcNick, "ann"), (Attribute::IrcChannel, "#rust")],
    ),
    client("a client asks for capabilities", b"CAP LS 302\r\n"),
    server("a server looks up the client", b":irc.example.net NOTICE * :*** Looking up your hostname...\r\n"),
    server("a server welcomes", b":irc.example.net 001 ann :Welcome to the network ann\r\n"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_of_other_protocols_is_not_irc() {
        assert_eq!(clue(b"USER ann"), Clue::Against);
        for data in [&b"USER anonymous\r\nPASS x\r\n"[..], b"PASS x\r\nUSER y\r\n", b": x\r\n", b"QUIT\r\n"] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }
}
