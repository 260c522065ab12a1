//! When flows must be looked at again: a wheel of buckets, so that a packet costs nothing and an expiry costs one look.
//!
//! A flow stands in the first bucket that begins at its deadline or later, so it is looked at up to an eighth of a second late.
//! Packets move the deadline without touching the wheel; when the bucket's turn comes, the flow is asked for its deadline anew,
//! and put further on if that is later.

use crate::flow::table::Place;

/// Width of a bucket.
const BUCKET_NS: u64 = 125_000_000;
/// 128 s in all; a later deadline waits in the last bucket and is put on from there.
const BUCKETS: u64 = 1024;

/// A flow's place and its number, low bits: the place may be another flow's by the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub place: Place,
    pub id: u32,
}

/// Places by deadline.
#[derive(Debug)]
pub(crate) struct Deadlines {
    buckets: Vec<Vec<Entry>>,
    /// The first bucket, counted from time 0, that has not had its turn.
    next: u64,
    /// When the first one begins that has something in it; every deadline is in or behind it.
    due_ns: u64,
    count: usize,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { buckets: vec![Vec::new(); BUCKETS as usize], next: 0, due_ns: u64::MAX, count: 0 }
    }
}

impl Deadlines {
    /// Puts a flow where its deadline is.
    pub(crate) fn insert(&mut self, entry: Entry, deadline_ns: u64, now_ns: u64) {
        if self.count == 0 {
            (self.next, self.due_ns) = (now_ns / BUCKET_NS + 1, u64::MAX);
        }
        let bucket = (deadline_ns / BUCKET_NS).saturating_add(1).clamp(self.next, self.next + BUCKETS - 1);
        self.due_ns = self.due_ns.min(bucket.saturating_mul(BUCKET_NS));
        if let Some(bucket) = self.buckets.get_mut((bucket % BUCKETS) as usize) {
            bucket.push(entry);
            self.count += 1;
        }
    }

    /// Whether a bucket's turn has come.
    #[inline]
    pub(crate) fn is_due(&self, now_ns: u64) -> bool {
        self.due_ns <= now_ns && self.count > 0
    }

    /// Takes out all that stand in buckets up to `now_ns`; who is not due must be inserted again.
    pub(crate) fn take(&mut self, now_ns: u64, taken: &mut Vec<Entry>) {
        let last = now_ns / BUCKET_NS;
        for bucket in self.due_ns / BUCKET_NS..=last.min(self.next + BUCKETS - 1) {
            if let Some(bucket) = self.buckets.get_mut((bucket % BUCKETS) as usize) {
                self.count -= bucket.len();
                taken.append(bucket);
            }
        }
        self.next = last + 1;
        let mut ahead = self.next..self.next + BUCKETS;
        let is_filled =
            |bucket: &u64| self.buckets.get((bucket % BUCKETS) as usize).is_some_and(|entries| !entries.is_empty());
        let due = ahead.find(is_filled).filter(|_| self.count > 0);
        self.due_ns = due.map_or(u64::MAX, |bucket| bucket.saturating_mul(BUCKET_NS));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_NS: u64 = 1_000_000_000;

    fn entry(place: u32) -> Entry {
        Entry { place, id: place }
    }

    fn due(deadlines: &mut Deadlines, now_ns: u64) -> Vec<u32> {
        let mut taken = Vec::new();
        deadlines.take(now_ns, &mut taken);
        taken.iter().map(|entry| entry.place).collect()
    }

    #[test]
    fn places_come_back_when_their_bucket_has_its_turn() {
        let mut deadlines = Deadlines::default();
        let start = 1_700_000_000 * SECOND_NS;
        deadlines.insert(entry(1), start + 5 * SECOND_NS, start);
        deadlines.insert(entry(2), start + 2 * SECOND_NS, start);
        deadlines.insert(entry(3), start + 500 * SECOND_NS, start);
        assert!(!deadlines.is_due(start + 2 * SECOND_NS));
        assert!(deadlines.is_due(start + 2 * SECOND_NS + BUCKET_NS));
        assert_eq!(due(&mut deadlines, start + 3 * SECOND_NS), [2]);
        assert!(!deadlines.is_due(start + 4 * SECOND_NS) && deadlines.is_due(start + 6 * SECOND_NS));
        assert_eq!(due(&mut deadlines, start + 6 * SECOND_NS), [1]);
        assert!(!deadlines.is_due(start + 100 * SECOND_NS) && deadlines.is_due(start + 130 * SECOND_NS));
        assert_eq!(due(&mut deadlines, start + 10_000 * SECOND_NS), [3]);
        assert!(!deadlines.is_due(u64::MAX));
    }

    #[test]
    fn nothing_in_a_bucket_is_early() {
        let mut deadlines = Deadlines::default();
        for place in 0..1000 {
            deadlines.insert(entry(place), u64::from(place) * 1_000_000, 0);
        }
        let mut seen = Vec::new();
        for now_ms in (0..2000).step_by(7) {
            if deadlines.is_due(now_ms * 1_000_000) {
                let taken = due(&mut deadlines, now_ms * 1_000_000);
                assert!(taken.iter().all(|place| u64::from(*place) <= now_ms), "{now_ms}: {taken:?}");
                seen.extend(taken);
            }
        }
        assert_eq!(seen, (0..1000).collect::<Vec<_>>());
    }
}
