//! How long something took, counted in steps of an eighth: percentiles in a fixed memory.

/// Steps to each power of two.
const STEPS: u32 = 8;
const STEP_BITS: u32 = STEPS.trailing_zeros();
const PLACES: usize = 64 * STEPS as usize;

/// Counts of durations.
#[derive(Clone, Debug)]
pub(crate) struct Delays {
    counts: Vec<u64>,
    count: u64,
}

impl Default for Delays {
    fn default() -> Self {
        Self { counts: vec![0; PLACES], count: 0 }
    }
}

impl Delays {
    pub(crate) fn add(&mut self, delay_ns: u64) {
        if let Some(count) = self.counts.get_mut(place(delay_ns)) {
            *count += 1;
            self.count += 1;
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The longest that so many of a hundred took, rounded up to the next step; 0 when there are none.
    pub(crate) fn percentile(&self, percent: u64) -> u64 {
        let wanted = (self.count * percent).div_ceil(100);
        let mut seen = 0;
        for (place, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted && seen > 0 {
                return upper_bound(place);
            }
        }
        0
    }
}

/// Durations below the first power of two with steps have a place each.
fn place(delay_ns: u64) -> usize {
    let exponent = delay_ns.checked_ilog2().unwrap_or_default();
    if exponent < STEP_BITS {
        return usize::try_from(delay_ns).unwrap_or_default();
    }
    let shift = exponent - STEP_BITS;
    let step = usize::try_from(delay_ns >> shift).unwrap_or_default() - STEPS as usize;
    (shift as usize + 1) * STEPS as usize + step
}

/// The longest duration of a place.
fn upper_bound(place: usize) -> u64 {
    let steps = STEPS as usize;
    let Some(shift) = (place / steps).checked_sub(1) else { return place as u64 };
    let above = (place % steps + steps + 1) as u128;
    u64::try_from((above << shift) - 1).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_holds_what_is_at_most_an_eighth_apart() {
        for delay in [0, 1, 7, 8, 9, 15, 16, 1000, 123_456_789, u64::MAX] {
            let bound = upper_bound(place(delay));
            assert!(bound >= delay && bound - delay <= delay / 8, "{delay} {bound}");
        }
        assert!(place(u64::MAX) < PLACES);
    }

    #[test]
    fn percentiles_are_those_of_what_was_counted() {
        let mut delays = Delays::default();
        assert_eq!(delays.percentile(50), 0);
        (1..=100).for_each(|delay| delays.add(delay * 1000));
        let (half, most) = (delays.percentile(50), delays.percentile(99));
        assert!((50_000..57_000).contains(&half) && (99_000..112_000).contains(&most), "{half} {most}");
    }
}
