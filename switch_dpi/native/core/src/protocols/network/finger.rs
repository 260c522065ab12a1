//! Finger (RFC 1288): who is logged in. The answer tells it; a question is any short line.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins_any};
use crate::probing::examples::server;
use crate::probing::lines::{Lines, is_text, split_word, starts_with_ignoring_case};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// A user's name and a few hosts.
const MAX_QUERY_SIZE: usize = 128;
/// How answers begin, on the systems that gave finger its form.
const ANSWER_STARTS: &[&[u8]] = &[
    b"Login: ",
    b"Login name: ",
    b"Login     Name ",
    b"Login    Name ",
    b"Login\tName",
    b"\r\nLogin: ",
    b"\r\nLogin name: ",
    b"\nLogin: ",
];

/// Finger.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "finger",
    name: "Finger",
    selector: 731,
    category: "network",
    risk: Some(40),
    transports: &[Transport::Tcp],
    ports: &[79],
    first_bytes: FirstBytes::Where(|byte| byte.is_ascii_graphic() || matches!(byte, b'\r' | b'\n')),
    max_probe_size: MAX_QUERY_SIZE,
    probe,
    inspector: Some(|| Box::<Finger>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if [sample.data, sample.other]
        .into_iter()
        .any(|data| data.first().is_some_and(|byte| !DESCRIPTOR.first_bytes.allows(*byte)))
    {
        return Probe::No;
    }
    match begins_any(sample.data, ANSWER_STARTS) {
        Beginning::Whole if is_query(sample.other) => matched(80, "answer to a finger query", 7),
        Beginning::Whole => Probe::No,
        Beginning::Partial => Probe::NeedMore,
        Beginning::Other if is_query(sample.data) => Probe::NeedMore,
        Beginning::Other => Probe::No,
    }
}

/// One line, or its beginning: `/W`, a name, hosts after `@`.
fn is_query(data: &[u8]) -> bool {
    let line = data.strip_suffix(b"\n").unwrap_or(data);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (word, argument) = split_word(line);
    let is_whole = starts_with_ignoring_case(word, b"/W") || argument.is_empty();
    data.len() <= MAX_QUERY_SIZE && is_text(line) && is_whole
}

/// Reads the question.
#[derive(Debug, Default)]
struct Finger;

impl Inspector for Finger {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if sample.direction == Direction::Responder {
            return Progress::Settled;
        }
        let Some(line) = Lines::new(sample.data, 0).next() else { return Progress::Settled };
        let user = line.strip_prefix(b"/W").unwrap_or(line).trim_ascii();
        if !user.is_empty() {
            found.text(Attribute::FingerQuery, user);
        }
        Progress::Done
    }
}

const EXAMPLES: &[Example] = &[
    server("one user", b"Login: ann           \t\t\tName: Ann Example\r\nDirectory: /home/ann\r\n"),
    server("all users", b"Login     Name       Tty      Idle  Login Time   Office\r\n"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_wait_and_requests_of_others_are_refused() {
        for data in [&b"\r\n"[..], b"ann\r\n", b"/W ann@host\r\n", b"an", b"ann\r"] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::NeedMore, "{data:?}");
        }
        for data in [&b"GET / HTTP/1.1\r\n"[..], b"EHLO x\r\n", b"ann\r\nbob\r\n"] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
        let (data, other) = (&b"Login: ann\r\n"[..], &b"ann\r\n"[..]);
        assert!(matches!(probe(&Sample { data, other, ..Sample::EMPTY }), Probe::Match(_)));
    }
}
