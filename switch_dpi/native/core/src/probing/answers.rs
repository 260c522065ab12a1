//! What a probe answers: a match, its refusal, or the wish for more.

use crate::protocol::{Evidence, Probe};

/// What a probe that reads field by field ends with: its answer, or the answer where the reading stopped.
pub type Verdict = Result<Probe, Probe>;

/// The answer in a verdict.
#[must_use]
pub fn answer(verdict: Verdict) -> Probe {
    verdict.unwrap_or_else(|stopped| stopped)
}

/// A match on the first `size` bytes.
#[must_use]
pub fn matched(confidence: u8, what: &'static str, size: usize) -> Probe {
    Probe::Match(Evidence { confidence, what, offset: 0, size: u16::try_from(size).unwrap_or(u16::MAX) })
}

/// A match where `holds`.
#[must_use]
pub fn matched_if(holds: bool, confidence: u8, what: &'static str, size: usize) -> Probe {
    if holds { matched(confidence, what, size) } else { Probe::No }
}

/// What the carrier's number already says: a match that no byte of the payload can take back.
#[must_use]
pub fn numbered(what: &'static str) -> Probe {
    matched(100, what, 0)
}

/// As [`numbered`], where several protocols share a number and the payload tells them apart.
#[must_use]
pub fn numbered_if(fits: bool, what: &'static str) -> Probe {
    matched_if(fits, 100, what, 0)
}

/// Of a datagram: a check that ran out of bytes (`None`) has failed.
#[must_use]
pub fn of_datagram(fits: Option<bool>, confidence: u8, what: &'static str, size: usize) -> Probe {
    matched_if(fits == Some(true), confidence, what, size)
}

/// Of a stream: a check that ran out of bytes (`None`) wants more.
#[must_use]
pub fn of_stream(fits: Option<bool>, confidence: u8, what: &'static str, size: usize) -> Probe {
    match fits {
        Some(fits) => matched_if(fits, confidence, what, size),
        None => Probe::NeedMore,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_bytes_mean_more_of_a_stream_and_no_to_a_datagram() {
        assert_eq!(of_stream(None, 90, "", 0), Probe::NeedMore);
        assert_eq!(of_datagram(None, 90, "", 0), Probe::No);
    }
}
