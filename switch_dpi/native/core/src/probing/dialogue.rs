//! Protocols of lines: words, and weighing the lines that two ends exchange.

use crate::probing::answers::matched;
use crate::probing::lines::{Lines, is_text, split_word, starts_with_ignoring_case};
use crate::protocol::{Probe, Sample, Transport};

/// Whether the first word of the line is one of `words` (capital letters), letters compared without case.
#[must_use]
pub fn is_word_of(line: &[u8], words: &[&[u8]]) -> bool {
    let (word, _) = split_word(line);
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Whether a line that has not ended can still begin with one of `words`.
#[must_use]
pub fn may_become_word_of(line: &[u8], words: &[&[u8]]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (word, _) = split_word(line);
    let has_ended = word.len() < line.len();
    words.iter().any(
        |known| {
            if has_ended { known.eq_ignore_ascii_case(word) } else { starts_with_ignoring_case(known, word) }
        },
    )
}

/// How much one line speaks for a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clue {
    /// No other protocol says this; with a confidence.
    Sure(u8),
    /// Few others say this: two such lines, or one from each end, decide.
    Likely,
    /// It could be said.
    Open,
    /// This protocol never says this.
    Against,
}

/// What a protocol of lines says of single ones, whoever sends them.
#[derive(Clone, Copy)]
pub struct Dialogue {
    /// As [`Evidence::what`].
    pub what: &'static str,
    /// Of a line that has ended, without its end.
    pub line: fn(&[u8]) -> Clue,
    /// Whether a first line, ended or not, can become one of this protocol's.
    pub may_become: fn(&[u8]) -> bool,
    /// The longest line.
    pub max_line_size: usize,
}

/// Lines looked at in each direction: the second or third decides in practice.
const MAX_LINES: usize = 8;
/// Confidence when both ends said something likely.
const BOTH: u8 = 90;
/// Confidence when one end said two likely things.
const TWICE: u8 = 75;

/// Weighs the lines of both directions.
#[must_use]
pub fn probe_dialogue(sample: &Sample<'_>, dialogue: &Dialogue) -> Probe {
    let Some(ours) = weigh(sample.data, dialogue) else { return Probe::No };
    let theirs = if sample.transport == Transport::Tcp { sample.other } else { &[] };
    let Some(theirs) = weigh(theirs, dialogue) else { return Probe::No };
    let size = Lines::new(sample.data, 0).next().map_or(sample.data.len(), <[u8]>::len);
    let confidence = match ours.sure.max(theirs.sure) {
        0 if ours.likely > 0 && theirs.likely > 0 => BOTH,
        0 if ours.likely > 1 || theirs.likely > 1 => TWICE,
        0 => return Probe::NeedMore,
        sure => sure,
    };
    matched(confidence, dialogue.what, size)
}

/// What the lines of one direction say together.
#[derive(Default)]
struct Weight {
    sure: u8,
    likely: usize,
}

/// `None` when a line speaks against the protocol before another has decided.
fn weigh(data: &[u8], dialogue: &Dialogue) -> Option<Weight> {
    let mut weight = Weight::default();
    let mut lines = Lines::new(data, 0);
    for (index, line) in lines.by_ref().take(MAX_LINES).enumerate() {
        let is_first = index == 0;
        if line.len() > dialogue.max_line_size || !is_text(line) || (is_first && !(dialogue.may_become)(line)) {
            return None;
        }
        match (dialogue.line)(line) {
            Clue::Sure(confidence) => {
                weight.sure = confidence;
                return Some(weight);
            }
            Clue::Likely => weight.likely += 1,
            Clue::Open => {}
            Clue::Against => return None,
        }
        if weight.likely > 1 {
            return Some(weight);
        }
    }
    let rest = lines.rest();
    let fits = lines.position() > 0 || rest.is_empty() || may_begin(rest, dialogue);
    fits.then_some(weight)
}

fn may_begin(rest: &[u8], dialogue: &Dialogue) -> bool {
    let line = rest.strip_suffix(b"\r").unwrap_or(rest);
    line.len() <= dialogue.max_line_size && is_text(line) && (dialogue.may_become)(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIALOGUE: Dialogue = Dialogue {
        what: "",
        line: |line| match line {
            b"SURE" => Clue::Sure(80),
            b"LIKELY" => Clue::Likely,
            b"OPEN" => Clue::Open,
            _ => Clue::Against,
        },
        may_become: |line| may_become_word_of(line, &[b"SURE", b"LIKELY", b"OPEN"]),
        max_line_size: 20,
    };

    fn confidence(data: &[u8], other: &[u8]) -> Option<u8> {
        match probe_dialogue(&Sample { data, other, ..Sample::EMPTY }, &DIALOGUE) {
            Probe::Match(evidence) => Some(evidence.confidence),
            Probe::No => None,
            Probe::NeedMore => Some(0),
        }
    }

    #[test]
    fn lines_are_weighed_until_they_decide() {
        assert_eq!(confidence(b"OPEN\r\nSURE\r\nx\r\n", b""), Some(80));
        assert_eq!(confidence(b"LIKELY\n", b"LIKELY\n"), Some(BOTH));
        assert_eq!(confidence(b"LIKELY\nOPEN\nLIKELY\n", b""), Some(TWICE));
        assert_eq!(confidence(b"LIKELY\n", b"OPEN\n"), Some(0));
        assert_eq!(confidence(b"LIKELY\nx\n", b""), None);
        assert_eq!(confidence(b"LIK", b""), Some(0));
        assert_eq!(confidence(b"LIX", b""), None);
        assert_eq!(confidence(b"OPEN\n", b"\x16\x03"), None);
    }

    #[test]
    fn words_are_compared_up_to_a_space() {
        assert!(may_become_word_of(b"li", &[b"LIKELY"]) && may_become_word_of(b"LIKELY x", &[b"LIKELY"]));
        assert!(!may_become_word_of(b"LIKE ", &[b"LIKELY"]) && is_word_of(b"likely", &[b"LIKELY"]));
    }
}
