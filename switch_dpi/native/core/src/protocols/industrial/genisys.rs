//! Genisys, by which railways ask the field units of their signalling (Union Switch & Signal, "Genisys non-vital logic emulator"),
//! over TCP: a header code, the unit's number, pairs of address and data, a check sequence, 0xf6. Between the header and the end,
//! bytes from 0xf0 on are written in two.

use crate::formats::checks::crc16_reflected;
use crate::probing::answers::matched;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// Written before the lower half of a byte from 0xf0 on.
const ESCAPE: u8 = 0xf0;
/// Ends a message.
const END: u8 = 0xf6;
/// Messages that may do without a check sequence: the unit acknowledges, the office polls.
const ACKNOWLEDGED: u8 = 0xf1;
const POLL: u8 = 0xfb;
/// The largest message: 32 pairs, each byte in two.
const MAX_SIZE: usize = 160;

/// Genisys.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "genisys",
    name: "Genisys",
    selector: 1802,
    category: "industrial",
    transports: &[Transport::Tcp],
    ports: &[10001],
    first_bytes: FirstBytes::Of(&[0xf1, 0xf2, 0xf3, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe]),
    max_probe_size: MAX_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// A message with its check sequence decides; two short ones do where the office polls the unit that acknowledges.
fn probe(sample: &Sample<'_>) -> Probe {
    let mut rest = sample.data;
    for _ in 0..MAX_SIZE / 3 {
        let Some(end) = rest.iter().position(|byte| *byte == END) else { return may_go_on(rest) };
        let Some((message, next)) = rest.split_at_checked(end + 1) else { return Probe::No };
        match message {
            [ACKNOWLEDGED | POLL, unit, END] if *unit < ESCAPE => {}
            _ if has_check_sequence(message) => return matched(88, "Genisys message", message.len()),
            _ => return Probe::No,
        }
        rest = next;
    }
    Probe::No
}

/// Whether what there is of a message can become one. A poll and its acknowledgement without more wait for more.
fn may_go_on(start: &[u8]) -> Probe {
    match start {
        [] => Probe::NeedMore,
        [header, body @ ..] if body.len() < MAX_SIZE && is_header(*header) && is_body(body) => Probe::NeedMore,
        _ => Probe::No,
    }
}

const fn is_header(byte: u8) -> bool {
    matches!(byte, 0xf1..=0xf3 | 0xf9..=0xfe)
}

/// No byte above the escape, and behind that a half byte.
fn is_body(body: &[u8]) -> bool {
    body.iter().all(|byte| *byte <= ESCAPE) && body.windows(2).all(|pair| !matches!(pair, [ESCAPE, 0x10..=0xff]))
}

/// CRC-16 with the polynomial 0x8005, reflected, from zero on, over header and body as they were before escaping; low byte first.
fn has_check_sequence(message: &[u8]) -> bool {
    let [header, body @ .., END] = message else { return false };
    if !is_header(*header) || body.len() > MAX_SIZE || !is_body(body) {
        return false;
    }
    let mut plain = vec![*header];
    let mut is_escaped = false;
    for byte in body {
        match (is_escaped, *byte) {
            (false, ESCAPE) => is_escaped = true,
            (true, low) => {
                plain.push(ESCAPE | low);
                is_escaped = false;
            }
            (false, byte) => plain.push(byte),
        }
    }
    let Some((checked, sequence)) = plain.split_last_chunk::<2>() else { return false };
    let has_pairs = checked.len() >= 2 && checked.len().is_multiple_of(2);
    !is_escaped && has_pairs && crc16_reflected(0xa001, 0, checked) == u16::from_le_bytes(*sequence)
}

const fn message(title: &'static str, direction: Direction, data: &'static [u8]) -> Example {
    Example { title, transport: Transport::Tcp, direction, data, expect: &[] }
}

const EXAMPLES: &[Example] = &[
    message("the office recalls all", Direction::Originator, b"\xfd\x01\x81\x50\xf6"),
    message("indications, one of them escaped", Direction::Responder, b"\xf2\x01\x02\x40\x03\xf0\x05\xe8\x09\xf6"),
    message(
        "a poll, then controls whose check sequence is escaped",
        Direction::Originator,
        b"\xfb\x01\xf6\xfc\x01\x02\x01\xe0\x11\xf0\x00\x48\xf6",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_sequence_decides() {
        let answer = |data: &[u8]| probe(&Sample { data, ..Sample::EMPTY });
        assert_eq!(answer(b"\xfb\x01\xf6"), Probe::NeedMore);
        assert_eq!(answer(b"\xfd\x01\x81"), Probe::NeedMore);
        for data in [&b"\xfd\x01\x81\x51\xf6"[..], b"\xf4\x01\xf6", b"\xfd\xf1", b"\xfd\xf0\x10", &[0xfd; 200], b"\xf6"]
        {
            assert_eq!(answer(data), Probe::No, "{data:02x?}");
        }
    }
}
