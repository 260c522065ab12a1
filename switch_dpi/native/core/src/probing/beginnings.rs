//! How far a payload agrees with fixed bytes or with a form at its beginning.

use crate::probing::answers::{matched, of_datagram, of_stream};
use crate::protocol::{Probe, Sample};

/// How far a payload agrees with what it should begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// All of it is there.
    Whole,
    /// The payload ends before it, and agrees so far.
    Partial,
    /// They differ.
    Other,
}

impl Beginning {
    /// Whether it is there; `None` while it may yet be.
    #[must_use]
    pub const fn holds(self) -> Option<bool> {
        match self {
            Self::Whole => Some(true),
            Self::Partial => None,
            Self::Other => Some(false),
        }
    }

    /// As a probe of a stream answers: what is partial needs more.
    #[must_use]
    pub fn stream(self, confidence: u8, what: &'static str, size: usize) -> Probe {
        of_stream(self.holds(), confidence, what, size)
    }

    /// As a probe of a datagram answers: what is partial will not be completed.
    #[must_use]
    pub fn datagram(self, confidence: u8, what: &'static str, size: usize) -> Probe {
        of_datagram(self.holds(), confidence, what, size)
    }
}

/// Whether `data` begins with `mark`.
#[must_use]
pub fn begins(data: &[u8], mark: &[u8]) -> Beginning {
    if data.starts_with(mark) {
        Beginning::Whole
    } else if mark.starts_with(data) {
        Beginning::Partial
    } else {
        Beginning::Other
    }
}

/// The best of what `data` is to several marks.
#[must_use]
pub fn begins_any(data: &[u8], marks: &[&[u8]]) -> Beginning {
    let mut best = Beginning::Other;
    for mark in marks {
        match begins(data, mark) {
            Beginning::Whole => return Beginning::Whole,
            Beginning::Partial => best = Beginning::Partial,
            Beginning::Other => {}
        }
    }
    best
}

/// The answer of a probe for which the beginning is the whole mark: one of these, the longest that is there.
#[must_use]
pub fn probe_beginning(sample: &Sample<'_>, marks: &[&[u8]], confidence: u8, what: &'static str) -> Probe {
    match begins_any(sample.data, marks) {
        Beginning::Whole => {
            let size = marks.iter().filter(|mark| sample.data.starts_with(mark)).map(|mark| mark.len()).max();
            matched(confidence, what, size.unwrap_or_default())
        }
        Beginning::Partial if sample.transport.is_stream() => Probe::NeedMore,
        _ => Probe::No,
    }
}

/// What one byte of a form may be.
#[derive(Clone, Copy, Debug)]
pub enum Byte {
    /// This value.
    Is(u8),
    /// A value from the first to the second, both included.
    In(u8, u8),
    /// Anything.
    Any,
}

impl Byte {
    const fn allows(self, byte: u8) -> bool {
        match self {
            Self::Is(value) => byte == value,
            Self::In(least, most) => least <= byte && byte <= most,
            Self::Any => true,
        }
    }
}

/// Whether `data` begins as `form` wants it.
#[must_use]
pub fn fits(data: &[u8], form: &[Byte]) -> Beginning {
    match form.iter().zip(data).all(|(wanted, byte)| wanted.allows(*byte)) {
        false => Beginning::Other,
        true if data.len() >= form.len() => Beginning::Whole,
        true => Beginning::Partial,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_held_byte_by_byte() {
        let form = [Byte::Is(1), Byte::In(2, 4), Byte::Any];
        assert_eq!(fits(&[], &form), Beginning::Partial);
        assert_eq!(fits(&[1, 4], &form), Beginning::Partial);
        assert_eq!(fits(&[1, 5], &form), Beginning::Other);
        assert_eq!(fits(&[1, 2, 99, 7], &form), Beginning::Whole);
    }

    #[test]
    fn a_beginning_is_open_until_a_byte_decides() {
        assert_eq!(begins(b"", b"ab").holds(), None);
        assert_eq!(begins(b"a", b"ab"), Beginning::Partial);
        assert_eq!(begins(b"abc", b"ab"), Beginning::Whole);
        assert_eq!(begins(b"ac", b"ab"), Beginning::Other);
        assert_eq!(begins_any(b"ab", &[b"abc", b"b"]), Beginning::Partial);
        assert_eq!(begins_any(b"ac", &[b"xy", b"ab"]).holds(), Some(false));
    }

    #[test]
    fn the_longest_mark_is_the_evidence() {
        let sample = Sample { data: b"GETX", ..Sample::EMPTY };
        assert_eq!(probe_beginning(&sample, &[b"G", b"GET"], 90, ""), matched(90, "", 3));
    }
}
