//! Short forms of what a probe answers, and of examples, for protocols that have little to tell.

use crate::protocol::{Direction, Evidence, Example, Probe, Transport};

/// A match on the first `size` bytes.
#[must_use]
pub fn matched(confidence: u8, what: &'static str, size: usize) -> Probe {
    Probe::Match(Evidence { confidence, what, offset: 0, size: u16::try_from(size).unwrap_or(u16::MAX) })
}

/// What the carrier's number already says: a match that no byte of the payload can take back.
#[must_use]
pub fn numbered(what: &'static str) -> Probe {
    matched(100, what, 0)
}

/// As [`numbered`], where several protocols share a number and the payload tells them apart.
#[must_use]
pub fn numbered_if(fits: bool, what: &'static str) -> Probe {
    if fits { numbered(what) } else { Probe::No }
}

/// Of a datagram: a check that ran out of bytes (`None`) has failed.
#[must_use]
pub fn of_datagram(fits: Option<bool>, confidence: u8, what: &'static str, size: usize) -> Probe {
    if fits == Some(true) { matched(confidence, what, size) } else { Probe::No }
}

/// Of a stream: a check that ran out of bytes (`None`) wants more.
#[must_use]
pub fn of_stream(fits: Option<bool>, confidence: u8, what: &'static str, size: usize) -> Probe {
    match fits {
        Some(true) => matched(confidence, what, size),
        Some(false) => Probe::No,
        None => Probe::NeedMore,
    }
}

/// Whether `data` begins with `prefix`; `None` while it is shorter and agrees so far.
#[must_use]
pub fn begins_with(data: &[u8], prefix: &[u8]) -> Option<bool> {
    let known = data.len().min(prefix.len());
    if data.get(..known) != prefix.get(..known) {
        return Some(false);
    }
    (known == prefix.len()).then_some(true)
}

/// Whether `data` begins with one of these; `None` while it may yet.
#[must_use]
pub fn begins_with_any(data: &[u8], prefixes: &[&[u8]]) -> Option<bool> {
    let mut open = false;
    for prefix in prefixes {
        match begins_with(data, prefix) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => open = true,
        }
    }
    if open { None } else { Some(false) }
}

/// An example that the originator sends, with nothing to extract.
#[must_use]
pub const fn sent(transport: Transport, title: &'static str, data: &'static [u8]) -> Example {
    Example { title, transport, direction: Direction::Originator, data, expect: &[] }
}

/// An example that the responder sends, with nothing to extract.
#[must_use]
pub const fn answered(transport: Transport, title: &'static str, data: &'static [u8]) -> Example {
    Example { title, transport, direction: Direction::Responder, data, expect: &[] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_open_until_a_byte_decides() {
        assert_eq!(begins_with(b"", b"AB"), None);
        assert_eq!(begins_with(b"A", b"AB"), None);
        assert_eq!(begins_with(b"ABC", b"AB"), Some(true));
        assert_eq!(begins_with(b"B", b"AB"), Some(false));
        assert_eq!(begins_with_any(b"A", &[b"XY", b"AB"]), None);
        assert_eq!(begins_with_any(b"AC", &[b"XY", b"AB"]), Some(false));
    }

    #[test]
    fn missing_bytes_mean_more_of_a_stream_and_no_to_a_datagram() {
        assert_eq!(of_stream(None, 90, "", 0), Probe::NeedMore);
        assert_eq!(of_datagram(None, 90, "", 0), Probe::No);
    }
}
