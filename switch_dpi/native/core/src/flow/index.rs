//! From the hash of a flow's key to the flow's place: one access to the memory, which can be asked for ahead.
//!
//! Open addressing with linear probing; what follows a removed entry moves up, so that no marks are left behind (Knuth, TAOCP
//! vol. 3 §6.4, algorithms L and R). The hash is seeded at random: a peer cannot choose keys that collide.

use crate::flow::table::Place;

const FIRST_SIZE: usize = 1 << 10;

/// Places by hash.
pub(crate) struct Index {
    /// 32 bits of the hash above the place plus one; 0 is empty. A power of two of them.
    slots: Vec<u64>,
    count: usize,
}

impl Index {
    pub(crate) fn new() -> Self {
        Self { slots: vec![0; FIRST_SIZE], count: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// The first place with this hash that `is_it`.
    #[inline(always)]
    pub(crate) fn find(&self, hash: u64, is_it: impl Fn(Place) -> bool) -> Option<Place> {
        let mut at = self.home(tag(hash));
        loop {
            let slot = *self.slots.get(at)?;
            if slot == 0 {
                return None;
            }
            if tag(slot) == tag(hash) && is_it(place(slot)) {
                return Some(place(slot));
            }
            at = self.after(at);
        }
    }

    /// Reads where the search for a hash begins.
    #[inline(always)]
    pub(crate) fn touch(&self, hash: u64) -> u64 {
        self.slots.get(self.home(tag(hash))).copied().unwrap_or_default()
    }

    /// Adds a place that is not there. There are fewer than 2^32 - 1 places.
    pub(crate) fn insert(&mut self, hash: u64, place: Place) {
        if (self.count + 1) * 8 > self.slots.len() * 5 {
            self.grow();
        }
        self.put(u64::from(tag(hash)) << 32 | (u64::from(place) + 1));
        self.count += 1;
    }

    /// Removes a place; says whether it was there.
    pub(crate) fn remove(&mut self, hash: u64, wanted: Place) -> bool {
        let mut at = self.home(tag(hash));
        loop {
            match self.slots.get(at) {
                Some(0) | None => return false,
                Some(slot) if place(*slot) == wanted => break,
                Some(_) => at = self.after(at),
            }
        }
        self.count -= 1;
        self.close_gap(at);
        true
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.slots.fill(0);
        self.count = 0;
    }

    /// Moves up what would not be found behind an empty slot.
    fn close_gap(&mut self, mut gap: usize) {
        let mut at = self.after(gap);
        while let Some(slot) = self.slots.get(at).copied().filter(|slot| *slot != 0) {
            let from_home = at.wrapping_sub(self.home(tag(slot))) & self.mask();
            if from_home >= at.wrapping_sub(gap) & self.mask() {
                self.set(gap, slot);
                gap = at;
            }
            at = self.after(at);
        }
        self.set(gap, 0);
    }

    fn grow(&mut self) {
        let larger = vec![0; self.slots.len() * 2];
        for slot in std::mem::replace(&mut self.slots, larger) {
            if slot != 0 {
                self.put(slot);
            }
        }
    }

    fn put(&mut self, slot: u64) {
        let mut at = self.home(tag(slot));
        while self.slots.get(at).is_some_and(|other| *other != 0) {
            at = self.after(at);
        }
        self.set(at, slot);
    }

    fn set(&mut self, at: usize, slot: u64) {
        if let Some(place) = self.slots.get_mut(at) {
            *place = slot;
        }
    }

    #[inline(always)]
    fn mask(&self) -> usize {
        self.slots.len() - 1
    }

    #[inline(always)]
    fn home(&self, tag: u32) -> usize {
        tag as usize & self.mask()
    }

    #[inline(always)]
    fn after(&self, at: usize) -> usize {
        (at + 1) & self.mask()
    }
}

#[inline(always)]
const fn tag(hash_or_slot: u64) -> u32 {
    (hash_or_slot >> 32) as u32
}

#[inline(always)]
const fn place(slot: u64) -> Place {
    (slot as u32).wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Numbers without pattern (Marsaglia, "Xorshift RNGs", 2003).
    fn numbers() -> impl Iterator<Item = u64> {
        let step = |number: u64| {
            let number = number ^ number << 13;
            let number = number ^ number >> 7;
            number ^ number << 17
        };
        std::iter::successors(Some(88_172_645_463_325_252), move |number| Some(step(*number)))
    }

    /// Few hashes, so that most entries stand away from home, many of them round the end.
    #[test]
    fn what_is_put_in_is_found_until_it_is_removed() {
        let (mut index, mut model) = (Index::new(), HashMap::new());
        for (number, round) in numbers().zip(0..200_000_u32) {
            let hash = (FIRST_SIZE as u64 - 32 + (number & 0x3f)) << 32;
            if number & 0x100 == 0 {
                let place = round;
                index.insert(hash, place);
                model.insert(place, hash);
            } else if let Some((&place, &hash)) = model.iter().next() {
                assert!(index.remove(hash, place));
                assert!(!index.remove(hash, place));
                model.remove(&place);
            }
            assert_eq!(index.len(), model.len());
            if round % 1000 == 0 {
                let found = |(place, hash): (&u32, &u64)| index.find(*hash, |other| other == *place) == Some(*place);
                assert!(model.iter().all(found));
            }
        }
    }

    #[test]
    fn an_index_grows_and_is_empty_again() {
        let mut index = Index::new();
        let hashes: Vec<u64> =
            (0..100_000_u32).map(|number| u64::from(number.wrapping_mul(0x9e37_79b1)) << 32).collect();
        for (hash, place) in hashes.iter().zip(0..) {
            assert_eq!(index.find(*hash, |_| true), None);
            index.insert(*hash, place);
        }
        for (hash, place) in hashes.iter().zip(0..) {
            assert_eq!(index.find(*hash, |_| true), Some(place));
        }
        index.clear();
        assert!(index.len() == 0 && hashes.iter().all(|hash| index.find(*hash, |_| true).is_none()));
    }
}
