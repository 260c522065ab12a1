//! The label of a flow, as far as it follows from state, category, risk and host names: what `VerdictPath` computes.
//!
//! Python hands over its table; where this module is not sure to come to the same, it says nothing, and Python marks.

use std::borrow::Cow;
use std::collections::HashMap;

/// Where category and risk stand in a label, the state below them (`ofext/label.py`).
const CATEGORY_SHIFT: u32 = 3;
const RISK_SHIFT: u32 = 11;

/// Risks of applications, and patterns of host names by attribute, each with its bits of the label.
#[derive(Debug, Default)]
pub struct LabelRules {
    /// By App-ID; 0 for those that are not there.
    pub risks: HashMap<u32, u8>,
    exact: HashMap<(u16, Box<str>), u128>,
    below: HashMap<(u16, Box<str>), u128>,
    attributes: Vec<u16>,
}

impl LabelRules {
    /// Adds a name, or with `is_suffix` all names below it; both lower case, without a dot at the end.
    pub fn add(&mut self, attribute: u16, name: &str, is_suffix: bool, bits: u128) {
        let patterns = if is_suffix { &mut self.below } else { &mut self.exact };
        *patterns.entry((attribute, name.into())).or_default() |= bits;
        if !self.attributes.contains(&attribute) {
            self.attributes.push(attribute);
        }
    }

    /// The label of a flow, None when a name has to be read as Python reads it.
    #[must_use]
    pub fn label<'a>(
        &self,
        state: u8,
        category: u8,
        app_id: u32,
        values: impl IntoIterator<Item = (u16, Cow<'a, [u8]>)>,
    ) -> Option<u128> {
        let risk = self.risks.get(&app_id).copied().unwrap_or_default();
        let fixed = u128::from(state) | u128::from(category) << CATEGORY_SHIFT | u128::from(risk) << RISK_SHIFT;
        Some(fixed | self.bits(values)?)
    }

    fn bits<'a>(&self, values: impl IntoIterator<Item = (u16, Cow<'a, [u8]>)>) -> Option<u128> {
        let mut found = 0;
        if self.attributes.is_empty() {
            return Some(found);
        }
        for (attribute, value) in values {
            if self.attributes.contains(&attribute) {
                found |= self.of_host(attribute, &value)?;
            }
        }
        Some(found)
    }

    fn of_host(&self, attribute: u16, value: &[u8]) -> Option<u128> {
        if !value.is_ascii() {
            return None; // an internationalised name
        }
        let lower = std::str::from_utf8(value).ok()?.to_ascii_lowercase();
        let host = lower.strip_suffix('.').unwrap_or(&lower);
        let mut found = self.exact.get(&(attribute, host.into())).copied().unwrap_or_default();
        for (dot, _) in host.match_indices('.').filter(|(dot, _)| *dot > 0) {
            let above = host.get(dot + 1..).unwrap_or_default();
            found |= self.below.get(&(attribute, above.into())).copied().unwrap_or_default();
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_the_names_below_are_found() {
        let mut patterns = LabelRules::default();
        patterns.add(1, "example.com", true, 1);
        patterns.add(1, "www.example.com", false, 2);
        patterns.add(2, "example.com", false, 4);
        let bits = |attribute, host: &'static str| patterns.bits([(attribute, Cow::Borrowed(host.as_bytes()))]);
        assert_eq!(bits(1, "WWW.example.com."), Some(3));
        assert_eq!(bits(1, "a.b.example.com"), Some(1));
        assert_eq!(bits(1, "example.com"), Some(0));
        assert_eq!(bits(1, ".example.com"), Some(0));
        assert_eq!(bits(2, "example.com"), Some(4));
        assert_eq!(bits(3, "bücher.example"), Some(0));
        assert_eq!(bits(1, "bücher.example"), None);
    }

    #[test]
    fn state_category_and_risk_stand_in_their_places() {
        let rules = LabelRules { risks: HashMap::from([(7, 0x81)]), ..LabelRules::default() };
        assert_eq!(rules.label(3, 0xff, 7, []), Some(3 | 0xff << 3 | 0x81 << 11));
        assert_eq!(rules.label(1, 2, 8, []), Some(1 | 2 << 3));
    }
}
