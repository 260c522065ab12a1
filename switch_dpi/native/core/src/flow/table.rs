//! The flow table: one hash look-up a packet. Flows lie in blocks that never move, so that growing costs no copying.

use std::hash::BuildHasher;

use hashbrown::HashTable;

use crate::flow::{Flow, FlowKey};

/// A place in the table. It is used again after its flow has gone: [`Flow::id`] tells.
pub(crate) type Place = u32;

/// How many flows are brought near at a time: about as many accesses as a processor has under way.
pub(crate) const BATCH: usize = 16;
const BLOCK_BITS: u32 = 10;
const BLOCK_SIZE: usize = 1 << BLOCK_BITS;

/// All flows.
pub(crate) struct FlowTable {
    hasher: foldhash::fast::RandomState, // seeded at random: a peer cannot choose keys that collide
    index: HashTable<(u32, Place)>,
    blocks: Vec<Box<[Option<Flow>]>>,
    used: usize,
    free: Vec<Place>,
}

impl FlowTable {
    pub(crate) fn new() -> Self {
        let (index, blocks) = (HashTable::new(), Vec::new());
        Self { hasher: foldhash::fast::RandomState::default(), index, blocks, used: 0, free: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    pub(crate) fn hash(&self, key: &FlowKey) -> u64 {
        self.hasher.hash_one(key)
    }

    pub(crate) fn find(&self, hash: u64, key: &FlowKey) -> Option<Place> {
        let tag = tag(hash);
        let same =
            |(other, place): &(u32, Place)| *other == tag && self.get(*place).is_some_and(|flow| flow.key == *key);
        self.index.find(hash, same).map(|(_, place)| *place)
    }

    pub(crate) fn get(&self, place: Place) -> Option<&Flow> {
        let (block, at) = split(place);
        self.blocks.get(block)?.get(at)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, place: Place) -> Option<&mut Flow> {
        let (block, at) = split(place);
        self.blocks.get_mut(block)?.get_mut(at)?.as_mut()
    }

    /// Brings the flows that have these hashes from memory into the processor's cache: accesses that do not wait for one another
    /// take hardly longer than one of them.
    pub(crate) fn bring_near(&self, hashes: impl Iterator<Item = u64>) {
        let mut places = [Place::MAX; BATCH];
        for (place, hash) in places.iter_mut().zip(hashes) {
            let tag = tag(hash);
            *place = self.index.find(hash, |(other, _)| *other == tag).map_or(Place::MAX, |(_, place)| *place);
        }
        self.touch(places.into_iter(), Flow::touch);
    }

    /// Brings flows near that are about to end: what stands in the table, in its index, and what was found in them.
    pub(crate) fn bring_ends_near(&self, places: impl Iterator<Item = Place> + Clone) {
        self.touch(places.clone(), Flow::touch);
        self.touch(places.clone(), |flow| {
            let (hash, entry) = (self.hash(&flow.key), (0, 0));
            self.index.find(hash, |(other, _)| *other == tag(hash)).unwrap_or(&entry).1.into()
        });
        self.touch(places, |flow| flow.found.touch());
    }

    fn touch(&self, places: impl Iterator<Item = Place>, read: impl Fn(&Flow) -> u64) {
        let touched = places.filter_map(|place| self.get(place)).map(read);
        std::hint::black_box(touched.fold(0, u64::wrapping_add));
    }

    /// Adds a flow that is not in the table. The engine keeps fewer than 2^32 - 1 flows.
    pub(crate) fn insert(&mut self, hash: u64, flow: Flow) -> Place {
        let place = self.free.pop().unwrap_or_else(|| self.new_place());
        let (block, at) = split(place);
        if let Some(slot) = self.blocks.get_mut(block).and_then(|block| block.get_mut(at)) {
            *slot = Some(flow);
        }
        let (hasher, blocks) = (&self.hasher, &self.blocks);
        let hash_of = |(_, place): &(u32, Place)| {
            let (block, at) = split(*place);
            let flow = blocks.get(block).and_then(|block| block.get(at)).and_then(Option::as_ref);
            flow.map_or(0, |flow| hasher.hash_one(flow.key))
        };
        self.index.insert_unique(hash, (tag(hash), place), hash_of);
        place
    }

    pub(crate) fn remove(&mut self, place: Place) {
        let Some(hash) = self.get(place).map(|flow| self.hash(&flow.key)) else { return };
        if let Ok(found) = self.index.find_entry(hash, |(_, other)| *other == place) {
            found.remove();
            self.free.push(place);
        }
        let (block, at) = split(place);
        if let Some(slot) = self.blocks.get_mut(block).and_then(|block| block.get_mut(at)) {
            *slot = None;
        }
    }

    /// All places with a flow.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place> {
        self.index.iter().map(|(_, place)| *place)
    }

    /// Of some flows from `start` on, the one that was not seen for longest.
    pub(crate) fn stalest(&self, start: Place, looked_at: usize) -> Option<Place> {
        let total = u32::try_from(self.used).ok().filter(|total| *total > 0)?;
        let places = (0..total).map(|step| (start % total).wrapping_add(step) % total);
        let flows = places.filter_map(|place| Some((place, self.get(place)?))).take(looked_at);
        flows.min_by_key(|(_, flow)| flow.last_seen_ns).map(|(place, _)| place)
    }

    fn new_place(&mut self) -> Place {
        if self.used.is_multiple_of(BLOCK_SIZE) {
            self.blocks.push((0..BLOCK_SIZE).map(|_| None).collect());
        }
        self.used += 1;
        Place::try_from(self.used - 1).unwrap_or(Place::MAX)
    }
}

const fn split(place: Place) -> (usize, usize) {
    ((place >> BLOCK_BITS) as usize, place as usize % BLOCK_SIZE)
}

/// Bits of the hash that the index itself does not compare.
const fn tag(hash: u64) -> u32 {
    (hash >> 24) as u32
}
