//! WHOIS (RFC 3912) and DAS, its short sister for domains: one line asks, text answers; the usual beginnings of answers tell.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins_any};
use crate::probing::examples::server;
use crate::probing::lines::{Lines, contains_ignoring_case, is_text};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// Names, addresses and a few options.
const MAX_QUERY_SIZE: usize = 256;
/// Remarks and blank lines come first in most answers.
const MAX_PROBE_SIZE: usize = 2048;
const PORTS: &[u16] = &[43, 4343];
/// In the first lines of registries' and registrars' answers.
const MARKS: &[&[u8]] = &[
    b"domain name:",
    b"domain:",
    b"whois",
    b"no match",
    b"not found",
    b"refer:",
    b"inetnum:",
    b"netrange:",
    b"as-block:",
    b"aut-num:",
    b"registrar",
    b"query rate",
    b"[querying",
    b"% iana",
];

/// WHOIS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "whois",
    name: "Whois-DAS",
    selector: 732,
    category: "network",
    risk: Some(20),
    transports: &[Transport::Tcp],
    ports: PORTS,
    first_bytes: FirstBytes::Where(|byte| {
        byte.is_ascii_graphic() || matches!(byte, b'\r' | b'\n' | b' ') || byte >= 0x80
    }),
    max_probe_size: MAX_PROBE_SIZE,
    probe,
    inspector: Some(|| Box::<Whois>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.data.first().is_some_and(|byte| !DESCRIPTOR.first_bytes.allows(*byte)) {
        return Probe::No;
    }
    let answers_query = !sample.other.is_empty() && is_query(sample.other);
    let is_remark = sample.data.starts_with(b"%");
    let is_usual = PORTS.contains(&sample.responder_port) || PORTS.contains(&sample.originator_port);
    match is_answer(sample.data, answers_query || is_remark) {
        Some(true) if answers_query => matched(80, "WHOIS answer to one line", 1),
        Some(true) => matched(70, "WHOIS answer", 1),
        None if answers_query || is_remark => Probe::NeedMore,
        _ if !is_query(sample.data) => Probe::No,
        _ if is_usual && sample.data.ends_with(b"\n") => matched(55, "one line to a WHOIS port", sample.data.len()),
        _ => Probe::NeedMore,
    }
}

/// One line of text, or its beginning, and nothing after it.
fn is_query(data: &[u8]) -> bool {
    let text = data.strip_suffix(b"\n").unwrap_or(data);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    data.len() <= MAX_QUERY_SIZE && !text.contains(&b'\n') && is_text(text) && !starts_other(text)
}

/// Request lines of well-known protocols that also begin with one line.
fn starts_other(text: &[u8]) -> bool {
    let others: &[&[u8]] = &[
        b"GET ",
        b"POST ",
        b"HEAD ",
        b"PUT ",
        b"OPTIONS ",
        b"CONNECT ",
        b"EHLO ",
        b"HELO ",
        b"USER ",
        b"+OK",
        b"* OK",
        b"220",
        b"SSH-",
        b"<",
    ];
    begins_any(text, others) == Beginning::Whole
}

/// Whether the first lines are those of an answer; `None` while they may become so.
fn is_answer(data: &[u8], is_expected: bool) -> Option<bool> {
    if !is_expected {
        return Some(false);
    }
    let near = data.get(..MAX_PROBE_SIZE).unwrap_or(data);
    let unreadable = near.iter().position(|byte| !matches!(byte, b'\r' | b'\n') && !is_text(&[*byte]));
    let text = near.get(..unreadable.unwrap_or(near.len())).unwrap_or(near);
    if MARKS.iter().any(|mark| contains_ignoring_case(text, mark)) {
        return Some(true);
    }
    if unreadable.is_none() && near.len() < MAX_PROBE_SIZE { None } else { Some(false) }
}

/// Reads the question.
#[derive(Debug, Default)]
struct Whois;

impl Inspector for Whois {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if sample.direction == Direction::Responder {
            return Progress::Settled;
        }
        let Some(line) = Lines::new(sample.data, 0).next() else { return Progress::Settled };
        found.text(Attribute::WhoisQuery, line.trim_ascii());
        found.set_subject(line.trim_ascii().rsplit(|byte| *byte == b' ').next().unwrap_or_default());
        Progress::Done
    }
}

const EXAMPLES: &[Example] = &[
    server("a root answers", b"% IANA WHOIS server\n% for more information on IANA, visit http://www.iana.org\n\nrefer:        whois.verisign-grs.com\n"),
    server("a regional registry answers", b"% This is the RIPE Database query service.\n% The objects are in RPSL format.\n\ninetnum:        192.0.2.0 - 192.0.2.255\n"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_to_one_line_decides() {
        let (asks, answers) = (b"example.org\r\n", b"Domain Name: EXAMPLE.ORG\r\nRegistry Domain ID: x\r\n");
        assert_eq!(probe(&Sample { data: asks, ..Sample::EMPTY }), Probe::NeedMore);
        assert!(matches!(probe(&Sample { data: answers, other: asks, ..Sample::EMPTY }), Probe::Match(_)));
        let usual = Sample { data: asks, responder_port: 43, ..Sample::EMPTY };
        assert!(matches!(probe(&usual), Probe::Match(e) if e.confidence < 60));
        assert_eq!(probe(&Sample { data: b"GET / HTTP/1.1\r\n", ..Sample::EMPTY }), Probe::No);
    }
}
