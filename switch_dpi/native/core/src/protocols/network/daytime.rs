//! Daytime (RFC 867): the time as a line of text, over TCP and UDP, also in the form of NIST's servers.

use crate::probing::answers::matched;
use crate::probing::examples::{reply, server};
use crate::probing::lines::is_text;
use crate::probing::numbers::decimal;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// A date, a time and a zone.
const MAX_SIZE: usize = 80;
const DAYS: &[&[u8]] = &[b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
const MONTHS: &[&[u8]] =
    &[b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// Daytime.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "daytime",
    name: "Daytime",
    selector: 735,
    category: "network",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[13],
    first_bytes: FirstBytes::Of(b"MTWFS\n123456789"),
    max_probe_size: MAX_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let text = sample.data.strip_prefix(b"\n").unwrap_or(sample.data);
    let line = text.trim_ascii_end();
    if sample.data.len() > MAX_SIZE || !is_text(line) {
        return Probe::No;
    }
    let has_ended = text.ends_with(b"\n") || text.ends_with(b"\r");
    if is_date(line) || is_nist(line) {
        return if has_ended { matched(75, "date and time in text", line.len()) } else { Probe::NeedMore };
    }
    let day = line.get(..3).unwrap_or(line);
    let may_be = DAYS.iter().any(|known| known.starts_with(day)) || line.iter().take(5).all(u8::is_ascii_digit);
    if may_be && !has_ended && sample.transport.is_stream() { Probe::NeedMore } else { Probe::No }
}

/// `Tue Jun  4 12:30:45 2024`, `Tuesday, June 4, 2024 12:30:45-UTC`: a day, a month and a clock (RFC 867).
fn is_date(line: &[u8]) -> bool {
    let has = |words: &[&[u8]]| line.windows(3).any(|window| words.contains(&window));
    DAYS.iter().any(|day| line.starts_with(day)) && has(MONTHS) && line.windows(8).any(is_clock)
}

/// `60465 24-06-04 12:30:45 50 0 0 610.3 UTC(NIST) *`.
fn is_nist(line: &[u8]) -> bool {
    let mut words = line.split(|byte| *byte == b' ');
    let is_day = words.next().is_some_and(|day| day.len() == 5 && decimal(day).is_some());
    is_day && words.next().is_some_and(|date| date.len() == 8) && words.next().is_some_and(is_clock)
}

fn is_clock(text: &[u8]) -> bool {
    text.iter().enumerate().all(|(at, byte)| if matches!(at, 2 | 5) { *byte == b':' } else { byte.is_ascii_digit() })
        && text.len() == 8
}

const EXAMPLES: &[Example] = &[
    server("as Unix writes it", b"Tue Jun  4 12:30:45 2024\r\n"),
    server("as NIST writes it", b"\n60465 24-06-04 12:30:45 50 0 0 610.3 UTC(NIST) * \n"),
    reply("over UDP", b"Tuesday, June 4, 2024 12:30:45-UTC\r\n"),
];
