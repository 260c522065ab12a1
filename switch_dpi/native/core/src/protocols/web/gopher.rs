//! Gopher (RFC 1436): menus. A selector alone is any line of text.

use crate::probing::dialogue::{Clue, Dialogue, probe_dialogue};
use crate::probing::examples::server;
use crate::probing::numbers::decimal;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const MAX_LINE_SIZE: usize = 512;

/// Gopher.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "gopher",
    name: "Gopher",
    selector: 730,
    category: "web",
    risk: Some(40),
    transports: &[Transport::Tcp],
    ports: &[70],
    first_bytes: FirstBytes::Where(|byte| byte.is_ascii_graphic() || byte == b'\r' || byte >= 0x80),
    max_probe_size: MAX_LINE_SIZE * 2,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const DIALOGUE: Dialogue = Dialogue {
    what: "Gopher menu",
    line: clue,
    may_become: |line| !line.starts_with(b"\t") && !line.starts_with(b" "),
    max_line_size: MAX_LINE_SIZE,
};

/// Only what comes back to one short line is looked at.
fn probe(sample: &Sample<'_>) -> Probe {
    if sample.data.first().is_some_and(|byte| !DESCRIPTOR.first_bytes.allows(*byte)) {
        return Probe::No;
    }
    probe_dialogue(sample, &DIALOGUE)
}

/// Kind and name, selector, host, port, between tabs (RFC 1436 §3.8).
fn clue(line: &[u8]) -> Clue {
    let mut fields = line.split(|byte| *byte == b'\t');
    let (Some(name), Some(_selector), Some(host), Some(port)) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return if line.contains(&b' ') { Clue::Against } else { Clue::Open };
    };
    let is_kind =
        matches!(name.first(), Some(b'0'..=b'9' | b'i' | b'h' | b'g' | b'I' | b'T' | b's' | b'd' | b'+' | b';' | b':'));
    let is_host = !host.is_empty() && host.iter().all(|byte| byte.is_ascii_graphic());
    if is_kind && is_host && decimal(port.trim_ascii_end()).is_some_and(|port| port <= 65_535) {
        Clue::Sure(80)
    } else {
        Clue::Against
    }
}

const EXAMPLES: &[Example] = &[
    server("a menu", b"iWelcome\tfake\t(NULL)\t0\r\n1About us\t/about\tgopher.example.org\t70\r\n.\r\n"),
    server("a menu of files", b"0Read me\t/readme.txt\tgopher.example.org\t70\t+\r\n"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_others_are_refused() {
        for data in [&b"GET / HTTP/1.1\r\n"[..], b"1\t2\t3\tx\r\n", b"\x16\x03\x01\r\n", b"220 mail ready\r\n"] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
        assert_eq!(probe(&Sample { data: b"/about\r\n", ..Sample::EMPTY }), Probe::NeedMore);
    }
}
