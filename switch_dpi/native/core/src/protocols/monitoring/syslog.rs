//! Syslog: the format of RFC 5424 and the older one (RFC 3164), over UDP and TCP (RFC 6587), also as vendors bend it.

use crate::probing::answers::matched;
use crate::probing::examples::{reply, server};
use crate::probing::lines::{is_text, split_word};
use crate::probing::readers::StreamReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Sample, Transport};

/// Highest priority: facility 23, severity 7 (RFC 5424 §6.2.1).
const MAX_PRIORITY: u16 = 191;
/// Text wanted behind the priority where no date is known.
const LEAST_TEXT_SIZE: usize = 20;
/// How far the names stand from the start, at most.
const MAX_HEAD_SIZE: usize = 256;
const MONTHS: [&[u8]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// Syslog.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "syslog",
    name: "Syslog",
    selector: 1565,
    risk: Some(20),
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[514, 601, 6514],
    first_bytes: FirstBytes::Where(|byte| byte == b'<' || byte.is_ascii_digit()),
    probe,
    inspector: Some(|| StreamReader::boxed(|sample, found| read(sample, found).unwrap_or_default(), MAX_HEAD_SIZE)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let is_stream = sample.transport.is_stream();
    let more = if is_stream { Probe::NeedMore } else { Probe::No };
    let message = match message(sample.data, is_stream) {
        Some(Some(message)) => message,
        Some(None) => return Probe::No,
        None => return more,
    };
    let head = message.get(..LEAST_TEXT_SIZE).unwrap_or(message);
    // without a date most of it must be ASCII: facilities and names are, whatever the language
    let is_ascii = head.iter().filter(|byte| byte.is_ascii()).count() * 5 >= head.len() * 4;
    let is_line =
        is_ascii && head.iter().all(|byte| is_text(&[*byte]) || (matches!(byte, b'\r' | b'\n') && !is_stream));
    if starts_with_date(message) {
        matched(95, "priority and date", 8)
    } else if is_stream && head.len() < LEAST_TEXT_SIZE {
        Probe::NeedMore // a date may yet come
    } else if !is_line || head.first().is_some_and(|byte| matches!(byte, b'<' | b'/')) {
        Probe::No
    } else if head.len() >= if is_stream { LEAST_TEXT_SIZE } else { 8 } {
        matched(65, "priority and text", 5)
    } else {
        Probe::No
    }
}

/// What follows the priority, and before it the count of octets in a stream (RFC 6587 §3.4.1); the inner `None` where there is
/// no priority.
fn message(data: &[u8], is_stream: bool) -> Option<Option<&[u8]>> {
    let (count, behind_count) = split_digits(data);
    let behind_count = match (count.len(), is_stream) {
        (0, _) => behind_count,
        (1..=6, true) if count.first() != Some(&b'0') => {
            let Some((b' ', rest)) = behind_count.split_first() else {
                return if behind_count.is_empty() { None } else { Some(None) };
            };
            rest
        }
        _ => return Some(None),
    };
    let (first, rest) = behind_count.split_first()?;
    if *first != b'<' {
        return Some(None);
    }
    let (digits, rest) = split_digits(rest);
    let priority = digits.iter().take(4).fold(0, |value, digit| value * 10 + u16::from(digit - b'0'));
    if digits.len() > 3 || priority > MAX_PRIORITY {
        return Some(None);
    }
    let (end, text) = rest.split_first()?;
    Some((*end == b'>' && !digits.is_empty()).then_some(text))
}

fn split_digits(data: &[u8]) -> (&[u8], &[u8]) {
    let end = data.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(data.len());
    data.split_at_checked(end).unwrap_or((data, &[]))
}

/// `1 2026-…`, `2026-…T`, `Oct 11 22:14:15`.
fn starts_with_date(text: &[u8]) -> bool {
    let iso = text.strip_prefix(b"1 ").unwrap_or(text);
    let is_iso = matches!(iso, [b'1' | b'2', y, y2, y3, b'-', m, m2, b'-', ..]
        if [y, y2, y3, m, m2].iter().all(|digit| digit.is_ascii_digit()));
    let is_named = matches!(text, [_, _, _, b' ', day, unit, b' ', ..]
        if (day.is_ascii_digit() || *day == b' ') && unit.is_ascii_digit())
        && text.get(..3).is_some_and(|month| MONTHS.contains(&month));
    is_iso || is_named || text.starts_with(b"1 - ")
}

/// The host and the application of the first message, where its form is one of the two.
fn read(sample: &Sample<'_>, found: &mut Findings) -> Option<()> {
    let data = sample.data;
    let text = message(data, data.first()? != &b'<')??;
    let line = text.split(|byte| *byte == b'\n').next()?;
    let is_whole = !sample.transport.is_stream() || line.len() < text.len() || data.len() >= MAX_HEAD_SIZE;
    let (host, application) = if let Some(rest) = line.strip_prefix(b"1 ") {
        let (_, rest) = split_word(rest);
        // more of a name may come as long as nothing stands behind it
        let word = |line| Some(split_word(line)).filter(|(_, rest)| is_whole || !rest.is_empty());
        let (host, rest) = word(rest)?;
        (host, word(rest).map_or(&b""[..], |(application, _)| application))
    } else if starts_with_date(line) {
        let size = if line.first()?.is_ascii_digit() { line.iter().position(|byte| *byte == b' ')? } else { 15 };
        let (host, rest) = split_word(line.get(size..)?.trim_ascii_start());
        let end = rest.iter().position(|byte| matches!(byte, b':' | b'[' | b' '))?;
        (host, rest.get(..end)?)
    } else {
        return None;
    };
    for (attribute, name) in [(Attribute::SyslogHost, host), (Attribute::SyslogApplication, application)] {
        if !matches!(name, b"" | b"-") {
            found.text(attribute, name);
        }
    }
    Some(())
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "the older form",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"<34>Oct 11 22:14:15 mail su[231]: 'su root' failed for ann on /dev/pts/8\n",
        expect: &[(Attribute::SyslogHost, "mail"), (Attribute::SyslogApplication, "su")],
    },
    Example {
        title: "RFC 5424",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"<165>1 2026-03-01T08:15:03.003Z gw.example.org dhcpd 812 - - lease of 192.0.2.7 renewed\n",
        expect: &[(Attribute::SyslogHost, "gw.example.org"), (Attribute::SyslogApplication, "dhcpd")],
    },
    Example {
        title: "counted octets over TCP",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"66 <13>1 2026-03-01T08:15:03Z h1 cron 41 - - job 17 finished in 4.1 s\n",
        expect: &[(Attribute::SyslogHost, "h1"), (Attribute::SyslogApplication, "cron")],
    },
    reply("no date at all", b"<189>123: %LINK-3-UPDOWN: Interface Gi0/1, changed state to up"),
    server("a line over TCP", b"<190>session 4711 opened from 192.0.2.7\n"),
];
