//! Protocols that an operator declares in a data file: bytes, lengths and expressions in; a probe and an inspector out.
//!
//! `docs/signatures.md` is the guide to the file. A declared protocol's place is behind the native ones: [`crate::protocols::ALL`]
//! has `n`, so the first declared one of a set has the place `n`.

mod expression;
mod field;
mod hex;
mod load;
mod pattern;
mod raw;
mod set;
mod shape;
mod sources;
mod trial;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use field::DeclaredField;
use load::{Declaration, declare};
use pattern::Pattern;
pub(crate) use raw::RawProtocol;
pub(crate) use set::DeclaredSet;
pub(crate) use trial::try_all;

use crate::protocol::attributes::Kind;
use crate::protocol::{Evidence, Inspector, Probe, Sample, Transport};
use shape::Fit;

/// How many protocols a set may declare: so many places are kept in [`crate::classification::candidates::Candidates`].
pub const MAX_DECLARED: usize = 256;
/// The first selector of declared protocols.
pub const FIRST_SELECTOR: u32 = 9_000;
/// The last one.
pub const LAST_SELECTOR: u32 = 9_999;
/// The first id of attributes that are declared; native ones are below.
pub const FIRST_ATTRIBUTE: u16 = 0x8000;
/// Alternatives of one protocol; their names are [`PATTERN_NAMES`].
pub const MAX_PATTERNS: usize = 16;

/// What evidence calls a pattern.
const PATTERN_NAMES: [&str; MAX_PATTERNS] = [
    "pattern 1",
    "pattern 2",
    "pattern 3",
    "pattern 4",
    "pattern 5",
    "pattern 6",
    "pattern 7",
    "pattern 8",
    "pattern 9",
    "pattern 10",
    "pattern 11",
    "pattern 12",
    "pattern 13",
    "pattern 14",
    "pattern 15",
    "pattern 16",
];

/// A protocol that a data file declares.
#[derive(Debug)]
pub struct Declared {
    /// As in [`crate::protocol::Descriptor`].
    pub key: String,
    /// For people.
    pub name: String,
    /// [`FIRST_SELECTOR`] to [`LAST_SELECTOR`].
    pub selector: u32,
    /// Key of its category.
    pub category: String,
    /// As in [`crate::protocol::Descriptor`].
    pub risk: Option<u8>,
    /// As in [`crate::protocol::Descriptor`].
    pub tags: Vec<String>,
    /// TCP, UDP or both.
    pub transports: Vec<Transport>,
    /// Where it is tried first.
    pub ports: Vec<u16>,
    /// Keys of native protocols that are not asked over these transports as long as this one is there.
    pub replaces: Vec<String>,
    /// The data file, as it was named.
    pub file: String,
    patterns: Vec<Pattern>,
    fields: Vec<DeclaredField>,
}

/// An attribute that a data file declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredAttribute {
    /// From [`FIRST_ATTRIBUTE`] on.
    pub id: u16,
    /// `acme.unit`.
    pub name: String,
    /// How its values are written.
    pub kind: Kind,
    /// The unit of a number, or empty.
    pub unit: String,
    /// For people.
    pub meaning: String,
}

impl Declared {
    /// Says whether a sample is this protocol: a pure function of it, as native probes are.
    #[must_use]
    pub fn probe(&self, sample: &Sample<'_>) -> Probe {
        let mut answer = Probe::No;
        for (pattern, what) in self.patterns.iter().zip(PATTERN_NAMES) {
            let evidence = match pattern.fit(sample) {
                Fit::Yes => pattern.evidence(what, sample),
                Fit::More if answer == Probe::No => {
                    answer = Probe::NeedMore;
                    continue;
                }
                Fit::More | Fit::No => continue,
            };
            if !matches!(answer, Probe::Match(Evidence { confidence, .. }) if confidence >= evidence.confidence) {
                answer = Probe::Match(evidence);
            }
        }
        answer
    }

    /// Whether a payload over `transport` may begin with `byte`, in whatever direction.
    #[must_use]
    pub fn may_begin_with(&self, transport: Transport, byte: u8) -> bool {
        self.patterns.iter().any(|pattern| pattern.may_begin_with(transport, byte))
    }

    /// A reader of a claimed flow; `None` where there is nothing to read.
    #[must_use]
    pub fn inspector(self: &Arc<Self>) -> Option<Box<dyn Inspector>> {
        if self.fields.is_empty() { None } else { Some(Box::new(field::Reading::new(Arc::clone(self)))) }
    }

    fn memory_size(&self) -> usize {
        let patterns = self.patterns.iter().map(Pattern::memory_size).sum::<usize>();
        patterns + self.fields.iter().map(DeclaredField::memory_size).sum::<usize>()
    }
}
