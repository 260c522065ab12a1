//! The flow table: one hash look-up a packet, and for each kind of flow a list in the order of last packets, so that the
//! flows that have expired are always at the front.

use hashbrown::HashTable;

use crate::flow::{Flow, FlowKey};

/// Flows that share an idle timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// TCP connections.
    Tcp,
    /// TCP connections that were closed or reset, kept for late packets.
    Closed,
    /// Everything else.
    Other,
}

impl List {
    pub(crate) const ALL: [List; 3] = [List::Tcp, List::Closed, List::Other];
}

/// A place in the table. It is used again after its flow has gone: [`Flow::id`] tells.
pub(crate) type Place = u32;

const NOWHERE: Place = Place::MAX;

struct Entry {
    hash: u64,
    list: List,
    before: Place,
    behind: Place,
    flow: Option<Flow>,
}

#[derive(Clone, Copy)]
struct Ends {
    front: Place,
    back: Place,
}

/// All flows.
pub(crate) struct FlowTable {
    hasher: ahash::RandomState, // seeded at random: a peer cannot choose keys that collide
    index: HashTable<Place>,
    entries: Vec<Entry>,
    free: Vec<Place>,
    ends: [Ends; 3],
}

impl FlowTable {
    pub(crate) fn new() -> Self {
        Self {
            hasher: ahash::RandomState::new(),
            index: HashTable::new(),
            entries: Vec::new(),
            free: Vec::new(),
            ends: [Ends { front: NOWHERE, back: NOWHERE }; 3],
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    pub(crate) fn hash(&self, key: &FlowKey) -> u64 {
        self.hasher.hash_one(key)
    }

    pub(crate) fn find(&self, hash: u64, key: &FlowKey) -> Option<Place> {
        let same = |place: &Place| self.get(*place).is_some_and(|flow| flow.key == *key);
        self.index.find(hash, same).copied()
    }

    pub(crate) fn get(&self, place: Place) -> Option<&Flow> {
        self.entries.get(place as usize)?.flow.as_ref()
    }

    pub(crate) fn get_mut(&mut self, place: Place) -> Option<&mut Flow> {
        self.entries.get_mut(place as usize)?.flow.as_mut()
    }

    /// Adds a flow that is not in the table, as the youngest of its list. The engine keeps fewer than 2^32 - 1 flows.
    pub(crate) fn insert(&mut self, hash: u64, list: List, flow: Flow) -> Place {
        let entry = Entry { hash, list, before: NOWHERE, behind: NOWHERE, flow: Some(flow) };
        let place = match self.free.pop() {
            Some(place) => {
                if let Some(slot) = self.entries.get_mut(place as usize) {
                    *slot = entry;
                }
                place
            }
            None => {
                self.entries.push(entry);
                Place::try_from(self.entries.len() - 1).unwrap_or(NOWHERE)
            }
        };
        let entries = &self.entries;
        let hash_of = |place: &Place| entries.get(*place as usize).map_or(0, |entry| entry.hash);
        self.index.insert_unique(hash, place, hash_of);
        self.link(place, list);
        place
    }

    /// Makes a flow the youngest of `list`.
    pub(crate) fn touch(&mut self, place: Place, list: List) {
        let is_there = self.entries.get(place as usize).is_some_and(|entry| entry.list == list);
        if !(is_there && self.ends(list).back == place) {
            self.unlink(place);
            self.link(place, list);
        }
    }

    pub(crate) fn remove(&mut self, place: Place) -> Option<Flow> {
        let hash = self.entries.get(place as usize)?.hash;
        self.unlink(place);
        if let Ok(found) = self.index.find_entry(hash, |other| *other == place) {
            found.remove();
            self.free.push(place);
        }
        self.entries.get_mut(place as usize)?.flow.take()
    }

    /// The flow of a list that was not seen for longest.
    pub(crate) fn oldest(&self, list: List) -> Option<(Place, &Flow)> {
        let place = self.ends(list).front;
        self.get(place).map(|flow| (place, flow))
    }

    fn ends(&self, list: List) -> Ends {
        let [tcp, closed, other] = self.ends;
        match list {
            List::Tcp => tcp,
            List::Closed => closed,
            List::Other => other,
        }
    }

    fn ends_mut(&mut self, list: List) -> &mut Ends {
        let [tcp, closed, other] = &mut self.ends;
        match list {
            List::Tcp => tcp,
            List::Closed => closed,
            List::Other => other,
        }
    }

    fn link(&mut self, place: Place, list: List) {
        let last = std::mem::replace(&mut self.ends_mut(list).back, place);
        match self.entries.get_mut(last as usize) {
            Some(entry) => entry.behind = place,
            None => self.ends_mut(list).front = place,
        }
        if let Some(entry) = self.entries.get_mut(place as usize) {
            (entry.list, entry.before, entry.behind) = (list, last, NOWHERE);
        }
    }

    fn unlink(&mut self, place: Place) {
        let Some(entry) = self.entries.get(place as usize) else { return };
        let (list, before, behind) = (entry.list, entry.before, entry.behind);
        match self.entries.get_mut(before as usize) {
            Some(entry) => entry.behind = behind,
            None => self.ends_mut(list).front = behind,
        }
        match self.entries.get_mut(behind as usize) {
            Some(entry) => entry.before = before,
            None => self.ends_mut(list).back = before,
        }
    }
}
