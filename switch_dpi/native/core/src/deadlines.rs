//! When flows must be looked at again: a wheel of buckets, so that a packet costs nothing and an expiry costs one look.
//!
//! A flow stands in the bucket of the deadline that it had when it was put there. Packets move the deadline without touching the
//! wheel; when the bucket's turn comes, the flow is asked for its deadline anew, and put further on if that is later.

use crate::table::Place;

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
    /// The bucket, counted from time 0, that is next.
    next: u64,
    /// What the current bucket still holds must be looked at again then.
    due_ns: u64,
    count: usize,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { buckets: vec![Vec::new(); BUCKETS as usize], next: 0, due_ns: 0, count: 0 }
    }
}

impl Deadlines {
    /// Puts a flow where its deadline is.
    pub(crate) fn insert(&mut self, entry: Entry, deadline_ns: u64, now_ns: u64) {
        if self.count == 0 {
            self.next = now_ns / BUCKET_NS;
            self.due_ns = u64::MAX;
        }
        let bucket = (deadline_ns / BUCKET_NS).clamp(self.next, self.next + BUCKETS - 1);
        self.due_ns = self.due_ns.min(deadline_ns.max(bucket * BUCKET_NS));
        if let Some(bucket) = self.buckets.get_mut((bucket % BUCKETS) as usize) {
            bucket.push(entry);
            self.count += 1;
        }
    }

    /// Whether a deadline may have passed.
    #[inline]
    pub(crate) fn is_due(&self, now_ns: u64) -> bool {
        self.count > 0 && self.due_ns <= now_ns
    }

    /// Takes out all that stand in buckets up to `now_ns`. Who is not due must be inserted again, and then
    /// [`Deadlines::settle`] be called.
    pub(crate) fn take(&mut self, now_ns: u64, taken: &mut Vec<Entry>) {
        let last = now_ns / BUCKET_NS;
        let end = last.min(self.next + BUCKETS - 1);
        for bucket in self.next..=end {
            if let Some(bucket) = self.buckets.get_mut((bucket % BUCKETS) as usize) {
                self.count -= bucket.len();
                taken.append(bucket);
            }
        }
        self.next = last;
        self.due_ns = u64::MAX;
    }

    /// After a [`Deadlines::take`] and the insertions that follow it: when to look next, at the latest.
    pub(crate) fn settle(&mut self) {
        for bucket in self.next..self.next + BUCKETS {
            if bucket * BUCKET_NS >= self.due_ns {
                return;
            }
            if self.buckets.get((bucket % BUCKETS) as usize).is_some_and(|bucket| !bucket.is_empty()) {
                self.due_ns = self.due_ns.min((bucket * BUCKET_NS).max(self.next * BUCKET_NS));
                return;
            }
        }
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
        assert!(!deadlines.is_due(start + SECOND_NS));
        assert!(deadlines.is_due(start + 2 * SECOND_NS));
        assert_eq!(due(&mut deadlines, start + 2 * SECOND_NS), [2]);
        deadlines.settle();
        assert!(!deadlines.is_due(start + 4 * SECOND_NS) && deadlines.is_due(start + 5 * SECOND_NS));
        assert_eq!(due(&mut deadlines, start + 6 * SECOND_NS), [1]);
        deadlines.settle();
        assert!(deadlines.is_due(start + 500 * SECOND_NS));
        assert_eq!(due(&mut deadlines, start + 10_000 * SECOND_NS), [3]);
        deadlines.settle();
        assert!(!deadlines.is_due(u64::MAX));
    }

    #[test]
    fn who_is_put_back_into_the_same_bucket_is_due_in_time() {
        let mut deadlines = Deadlines::default();
        deadlines.insert(entry(1), 10, 0);
        deadlines.insert(entry(2), 20, 0);
        assert_eq!(due(&mut deadlines, 10), [1, 2]);
        deadlines.insert(entry(2), 20, 10);
        deadlines.settle();
        assert!(deadlines.is_due(20));
    }
}
