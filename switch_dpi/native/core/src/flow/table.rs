//! The flow table: one hash look-up a packet. Flows lie in blocks that never move, so that growing costs no copying.

use std::hash::{BuildHasher, Hash, Hasher};

use crate::flow::index::Index;
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
    index: Index,
    blocks: Vec<Box<[Option<Flow>; BLOCK_SIZE]>>,
    used: usize,
    free: Vec<Place>,
}

impl FlowTable {
    pub(crate) fn new() -> Self {
        let (index, blocks) = (Index::new(), Vec::new());
        Self { hasher: foldhash::fast::RandomState::default(), index, blocks, used: 0, free: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    #[expect(clippy::manual_hash_one, reason = "that function is not inlined, and this is asked for each packet")]
    #[inline(always)]
    pub(crate) fn hash(&self, key: &FlowKey) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        key.hash(&mut hasher);
        hasher.finish()
    }

    /// The hash of the key of a place's flow.
    pub(crate) fn hash_at(&self, place: Place) -> Option<u64> {
        self.get(place).map(|flow| self.hash(&flow.key))
    }

    /// The place of a key's flow.
    pub(crate) fn find(&self, hash: u64, key: &FlowKey) -> Option<Place> {
        self.index.find(hash, |place| self.get(place).is_some_and(|flow| flow.key == *key))
    }

    /// Where a flow stands whose key has a hash; hardly ever is it another one's.
    #[inline(always)]
    pub(crate) fn place(&self, hash: u64) -> Option<Place> {
        self.index.find(hash, |_| true)
    }

    /// Brings near where the places of flows stand whose keys have these hashes.
    #[inline(always)]
    pub(crate) fn bring_places_near(&self, hashes: impl Iterator<Item = u64>) {
        std::hint::black_box(hashes.fold(0, |all, hash| all ^ self.index.touch(hash)));
    }

    pub(crate) fn get(&self, place: Place) -> Option<&Flow> {
        let (block, at) = split(place);
        self.blocks.get(block)?.get(at)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, place: Place) -> Option<&mut Flow> {
        let (block, at) = split(place);
        self.blocks.get_mut(block)?.get_mut(at)?.as_mut()
    }

    /// Brings flows from memory into the processor's cache by reading something of them: accesses that do not wait for one another
    /// take hardly longer than one of them.
    pub(crate) fn bring_near(&self, places: impl Iterator<Item = Place>, read: impl Fn(&Flow) -> u64) {
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
        self.index.insert(hash, place);
        place
    }

    pub(crate) fn remove(&mut self, place: Place) {
        let Some(hash) = self.hash_at(place) else { return };
        if self.index.remove(hash, place) {
            self.free.push(place);
        }
        self.empty(place);
    }

    /// Drops a flow, but does not make its place free: this is for all flows, before [`Self::clear`].
    pub(crate) fn empty(&mut self, place: Place) {
        let (block, at) = split(place);
        if let Some(slot) = self.blocks.get_mut(block).and_then(|block| block.get_mut(at)) {
            *slot = None;
        }
    }

    /// All flows, as they lie in memory.
    pub(crate) fn flows(&self) -> impl Iterator<Item = (Place, &Flow)> {
        let slots = self.blocks.iter().flat_map(|block| block.iter()).take(self.used);
        slots.zip(0..).filter_map(|(slot, place)| Some((place, slot.as_ref()?)))
    }

    /// Forgets all flows, which are empty.
    pub(crate) fn clear(&mut self) {
        self.index.clear();
        self.free.clear();
        self.used = 0;
    }

    /// Of some flows from `start` on, the one that was not seen for longest.
    pub(crate) fn stalest(&self, start: Place, looked_at: usize) -> Option<Place> {
        let total = u32::try_from(self.used).ok().filter(|total| *total > 0)?;
        let places = (0..total).map(|step| (start % total).wrapping_add(step) % total);
        let flows = places.filter_map(|place| Some((place, self.get(place)?))).take(looked_at);
        flows.min_by_key(|(_, flow)| flow.last_seen_ns).map(|(place, _)| place)
    }

    fn new_place(&mut self) -> Place {
        if self.used == self.blocks.len() * BLOCK_SIZE {
            let slots: Vec<Option<Flow>> = (0..BLOCK_SIZE).map(|_| None).collect();
            self.blocks.extend(slots.try_into());
        }
        self.used += 1;
        Place::try_from(self.used - 1).unwrap_or(Place::MAX)
    }
}

const fn split(place: Place) -> (usize, usize) {
    ((place >> BLOCK_BITS) as usize, place as usize % BLOCK_SIZE)
}
