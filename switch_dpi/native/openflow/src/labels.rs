//! The label of a flow: state, category, risk and the bits of the predicates that hold.
//!
//! Python hands over its predicates (`switch_dpi/predicate_index.py`). Where this module is not sure to come to the same
//! as the reference, it says nothing, and Python finds the label.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::values::{Test, Values};

/// Where category and risk stand in a label, the state below them (`ofext/label.py`).
const CATEGORY_SHIFT: u32 = 3;
const RISK_SHIFT: u32 = 11;
/// Paths whose bits are kept: applications in use times what carries them, and sites, of which there may be any number.
const MAX_PATHS: usize = 4096;

/// Risks by App-ID, 0 for others: those of thousands of applications, for all the rules of a catalogue.
pub type Risks = Arc<HashMap<u32, u8>>;

/// Bits by App-ID and path.
type Paths = HashMap<u32, HashMap<Box<str>, u128>>;

/// What a label says, metadata and path apart.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    /// How far the classification is.
    pub state: u8,
    /// Of the application.
    pub category: u8,
    /// App-ID that the mark says.
    pub app_id: u32,
    /// 0 to 100.
    pub confidence: u8,
}

/// How labels are made. It does not change, but learns.
#[derive(Debug, Default)]
pub struct LabelRules {
    risks: Risks,
    values: HashMap<u16, Values>,
    confidences: Vec<(u8, u8, u128)>,
    /// None where no predicate is about what follows from a path.
    paths: Option<RwLock<Paths>>,
}

impl LabelRules {
    /// `confidences` as value, mask, bits; with `by_path` some predicates are about what follows from a flow's path, which
    /// [`LabelRules::learn`] is told.
    #[must_use]
    pub fn new(
        risks: Risks,
        tests: impl IntoIterator<Item = (u16, Test)>,
        confidences: Vec<(u8, u8, u128)>,
        by_path: bool,
    ) -> Self {
        let mut values = HashMap::<u16, Values>::new();
        for (attribute, test) in tests {
            values.entry(attribute).or_default().add(test);
        }
        Self { risks, values, confidences, paths: by_path.then(RwLock::default) }
    }

    /// The label of a flow; None when a value has to be read as Python reads it, or the path is new.
    pub fn label<'a>(
        &self,
        verdict: Verdict,
        path: impl FnOnce() -> String,
        metadata: impl IntoIterator<Item = (u16, Cow<'a, [u8]>)>,
    ) -> Option<u128> {
        let Verdict { state, category, app_id, confidence } = verdict;
        let risk = self.risks.get(&app_id).copied().unwrap_or_default();
        let fixed = u128::from(state) | u128::from(category) << CATEGORY_SHIFT | u128::from(risk) << RISK_SHIFT;
        let of_path = if self.paths.is_some() { self.of_path(app_id, &path())? } else { 0 };
        Some(fixed | of_path | self.bits(confidence, metadata)?)
    }

    /// Bits of the predicates on metadata and confidence; None as in [`LabelRules::label`].
    pub fn bits<'a>(&self, confidence: u8, metadata: impl IntoIterator<Item = (u16, Cow<'a, [u8]>)>) -> Option<u128> {
        let passed = self.confidences.iter().filter(|(value, mask, _)| confidence & mask == *value);
        let mut found = passed.fold(0, |all, (.., bits)| all | bits);
        if self.values.is_empty() {
            return Some(found);
        }
        for (attribute, value) in metadata {
            if let Some(values) = self.values.get(&attribute) {
                found |= values.bits(&value)?;
            }
        }
        Some(found)
    }

    /// Bits of what follows from App-ID and path.
    pub fn learn(&self, app_id: u32, path: &str, bits: u128) {
        if self.of_path(app_id, path) == Some(bits) {
            return;
        }
        if let Some(paths) = &self.paths {
            let mut paths = paths.write().unwrap_or_else(PoisonError::into_inner);
            if paths.values().map(HashMap::len).sum::<usize>() >= MAX_PATHS {
                paths.clear(); // those in use are learnt again
            }
            paths.entry(app_id).or_default().insert(path.into(), bits);
        }
    }

    fn of_path(&self, app_id: u32, path: &str) -> Option<u128> {
        let paths = self.paths.as_ref()?.read().unwrap_or_else(PoisonError::into_inner);
        paths.get(&app_id)?.get(path).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::{Form, Operation};

    const VERDICT: Verdict = Verdict { state: 3, category: 0xff, app_id: 7, confidence: 90 };

    #[test]
    fn state_category_and_risk_stand_in_their_places() {
        let rules = LabelRules::new(HashMap::from([(7, 0x81)]).into(), [], Vec::new(), false);
        assert_eq!(rules.label(VERDICT, String::new, []), Some(3 | 0xff << 3 | 0x81 << 11));
        let other = Verdict { state: 1, category: 2, app_id: 8, confidence: 0 };
        assert_eq!(rules.label(other, String::new, []), Some(1 | 2 << 3));
    }

    #[test]
    fn bits_are_those_of_the_tests_of_an_attribute_and_of_the_confidence() {
        let test = Test { form: Form::Bytes, operation: Operation::Equals, operands: vec![b"x".to_vec()], bits: 1 };
        let rules = LabelRules::new(Risks::default(), [(5, test)], vec![(90, 0xff, 2), (64, 64, 4), (1, 1, 8)], false);
        let value = || Cow::Borrowed(&b"x"[..]);
        assert_eq!(rules.bits(90, [(5, value())]), Some(7));
        assert_eq!(rules.bits(90, [(6, value())]), Some(6));
    }

    #[test]
    fn a_path_that_was_not_learnt_has_no_label() {
        let rules = LabelRules::new(Risks::default(), [], Vec::new(), true);
        let label = |path: &str| rules.label(Verdict { state: 1, category: 0, ..VERDICT }, || path.to_owned(), []);
        assert_eq!(label("eth.ip"), None);
        rules.learn(7, "eth.ip", 1 << 40);
        assert_eq!(label("eth.ip"), Some(1 | 1 << 40));
        assert_eq!(label("eth.ip6"), None);
        for number in 0..2 * MAX_PATHS {
            rules.learn(8, &number.to_string(), 1);
        }
        assert!(rules.paths.is_some_and(|paths| paths.read().unwrap().values().all(|each| each.len() <= MAX_PATHS)));
    }
}
