//! Which protocols a flow may still be: a set of bits, and the order in which they are tried.

use std::collections::HashMap;
use std::sync::Arc;

use crate::declared::{Declared, MAX_DECLARED};
use crate::protocol::{Descriptor, Transport};
use crate::protocols::ALL;

const WORDS: usize = (ALL.len() + MAX_DECLARED).div_ceil(64);

const NOBODY: Candidates = Candidates([0; WORDS]);

/// A set of protocols, by their place in [`ALL`] and, behind those, in what a set of signatures declares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Candidates([u64; WORDS]);

impl Candidates {
    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Reads something of both of its ends.
    pub(crate) fn touch(&self) -> u64 {
        let Self([first, .., last]) = self;
        first ^ last
    }

    /// Whether the protocol is in the set.
    #[must_use]
    pub fn contains(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// Puts the protocol into the set.
    pub fn insert(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word |= 1 << (index % 64);
        }
    }

    /// Takes the protocol out of the set.
    pub fn remove(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word &= !(1 << (index % 64));
        }
    }

    /// Keeps what is in the other set too.
    pub fn retain(&mut self, other: &Self) {
        for (word, theirs) in self.0.iter_mut().zip(&other.0) {
            *word &= *theirs;
        }
    }

    /// The protocols in the set, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(place, word)| {
            let mut word = *word;
            std::iter::from_fn(move || {
                let bit = (word != 0).then(|| word.trailing_zeros() as usize)?;
                word &= word - 1;
                Some(place * 64 + bit)
            })
        })
    }
}

/// Who may have sent a payload: by its carrier and first byte, and who is usually found at a port.
#[derive(Debug)]
pub struct PortTable {
    streams: OverTransport,
    datagrams: OverTransport,
    numbered: HashMap<Transport, Candidates, foldhash::fast::RandomState>,
    by_key: HashMap<Box<str>, usize, foldhash::fast::RandomState>,
    declared: Vec<Arc<Declared>>,
}

/// All protocols over a transport with ports, those whose payload may begin with a byte, and those that are usual at a port.
#[derive(Debug)]
struct OverTransport {
    all: Candidates,
    beginning: Box<[Candidates; 256]>,
    usual: ByPort,
}

impl Default for OverTransport {
    fn default() -> Self {
        let beginning = Box::new([Candidates::default(); 256]);
        Self { all: Candidates::default(), beginning, usual: ByPort::default() }
    }
}

impl OverTransport {
    fn add(&mut self, index: usize, ports: &[u16], allows: impl Fn(u8) -> bool) {
        self.all.insert(index);
        let mut first_bytes = 0;
        for (byte, set) in (0..=u8::MAX).zip(self.beginning.iter_mut()) {
            if allows(byte) {
                set.insert(index);
                first_bytes += 1;
            }
        }
        let Ok(index) = u16::try_from(index) else { return };
        ports.iter().for_each(|port| self.usual.insert(*port, Usual { first_bytes, index }));
    }

    fn remove(&mut self, index: usize) {
        self.all.remove(index);
        self.beginning.iter_mut().for_each(|set| set.remove(index));
        self.usual.remove(index);
    }
}

/// A protocol that is usual at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usual {
    /// How many bytes its payload may begin with: who may begin with few is more likely to be sure of what begins so.
    first_bytes: u16,
    /// Its place.
    pub index: u16,
}

/// Protocols by port, those with few first bytes in front. Ports are laid out in pages of 256: where a client's port lies, there
/// are hardly any.
#[derive(Debug)]
struct ByPort {
    /// Places in `pages`; the first page is empty.
    page_of: [u16; 256],
    /// Places in `lists`; the first list is empty.
    pages: Vec<[u16; 256]>,
    lists: Vec<Vec<Usual>>,
}

impl Default for ByPort {
    fn default() -> Self {
        Self { page_of: [0; 256], pages: vec![[0; 256]], lists: vec![Vec::new()] }
    }
}

impl ByPort {
    fn get(&self, port: u16) -> &[Usual] {
        let [high, low] = port.to_be_bytes();
        let page = self.page_of.get(usize::from(high)).and_then(|page| self.pages.get(usize::from(*page)));
        let list = page.and_then(|page| page.get(usize::from(low)));
        list.and_then(|list| self.lists.get(usize::from(*list))).map_or(&[], Vec::as_slice)
    }

    fn insert(&mut self, port: u16, usual: Usual) {
        let [high, low] = port.to_be_bytes();
        let Some(page) = self.page_of.get_mut(usize::from(high)) else { return };
        let page = place_or_new(page, &mut self.pages, [0; 256]);
        let Some(list) = page.and_then(|page| page.get_mut(usize::from(low))) else { return };
        let Some(list) = place_or_new(list, &mut self.lists, Vec::new()) else { return };
        if let Err(at) = list.binary_search(&usual) {
            list.insert(at, usual);
        }
    }

    fn remove(&mut self, index: usize) {
        self.lists.iter_mut().for_each(|list| list.retain(|other| usize::from(other.index) != index));
    }
}

/// What stands at a place; where that is the first, which stays empty, something new.
fn place_or_new<'a, T>(place: &mut u16, all: &'a mut Vec<T>, new: T) -> Option<&'a mut T> {
    if *place == 0 {
        *place = u16::try_from(all.len()).ok()?;
        all.push(new);
    }
    all.get_mut(usize::from(*place))
}

impl Default for PortTable {
    fn default() -> Self {
        let mut table = Self {
            streams: OverTransport::default(),
            datagrams: OverTransport::default(),
            numbered: HashMap::default(),
            by_key: HashMap::default(),
            declared: Vec::new(),
        };
        for (index, protocol) in ALL.iter().enumerate() {
            table.add(index, protocol);
        }
        table
    }
}

impl PortTable {
    /// Every protocol that runs over `transport`.
    #[must_use]
    pub fn all(&self, transport: Transport) -> &Candidates {
        match transport {
            Transport::Tcp => &self.streams.all,
            Transport::Udp => &self.datagrams.all,
            numbered => self.numbered.get(&numbered).unwrap_or(&NOBODY),
        }
    }

    /// Every protocol over `transport` whose payload may begin with `byte`.
    #[must_use]
    pub fn beginning(&self, transport: Transport, byte: u8) -> &Candidates {
        let over = match transport {
            Transport::Tcp => &self.streams,
            Transport::Udp => &self.datagrams,
            numbered => return self.all(numbered),
        };
        over.beginning.get(usize::from(byte)).unwrap_or(&NOBODY)
    }

    /// The protocols that usually run at this port, those with few first bytes in front.
    #[must_use]
    pub fn usual(&self, transport: Transport, port: u16) -> &[Usual] {
        match transport {
            Transport::Tcp => self.streams.usual.get(port),
            Transport::Udp => self.datagrams.usual.get(port),
            _ => &[],
        }
    }

    /// The protocol with this key.
    #[must_use]
    pub fn by_key(&self, key: &str) -> Option<usize> {
        self.by_key.get(key).copied()
    }

    /// Adds a declared protocol behind all others; the native ones that it replaces are not asked any more over its transports.
    pub fn declare(&mut self, protocol: Arc<Declared>) {
        let index = ALL.len() + self.declared.len();
        self.by_key.insert(protocol.key.as_str().into(), index);
        let replaced: Vec<usize> = protocol.replaces.iter().filter_map(|key| self.by_key(key)).collect();
        for transport in protocol.transports.iter().copied() {
            let over = if transport == Transport::Tcp { &mut self.streams } else { &mut self.datagrams };
            over.add(index, &protocol.ports, |byte| protocol.may_begin_with(transport, byte));
            replaced.iter().for_each(|replaced| over.remove(*replaced));
        }
        self.declared.push(protocol);
    }

    /// The declared protocol at this place.
    #[must_use]
    pub fn declared(&self, index: usize) -> Option<&Arc<Declared>> {
        self.declared.get(index.checked_sub(ALL.len())?)
    }

    /// The declared protocols; the first has the place `ALL.len()`.
    #[must_use]
    pub fn all_declared(&self) -> &[Arc<Declared>] {
        &self.declared
    }

    fn add(&mut self, index: usize, protocol: &Descriptor) {
        self.by_key.insert(protocol.key.into(), index);
        for transport in protocol.transports {
            match transport {
                Transport::Tcp => self.streams.add(index, protocol.ports, |byte| protocol.first_bytes.allows(byte)),
                Transport::Udp => self.datagrams.add(index, protocol.ports, |byte| protocol.first_bytes.allows(byte)),
                numbered => self.numbered.entry(*numbered).or_default().insert(index),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_gives_back_what_was_put_in() {
        let mut set = Candidates::default();
        assert!(set.is_empty());
        let last = ALL.len() - 1;
        set.insert(0);
        set.insert(last);
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, last]);
        set.remove(0);
        assert!(!set.contains(0) && set.contains(last));
    }

    #[test]
    fn every_protocol_is_a_candidate_at_every_port() {
        let table = PortTable::default();
        for (index, protocol) in ALL.iter().enumerate() {
            for transport in protocol.transports {
                assert!(table.all(*transport).contains(index));
                if matches!(transport, Transport::Tcp | Transport::Udp) {
                    let is_usual =
                        |port| table.usual(*transport, port).iter().any(|usual| usize::from(usual.index) == index);
                    assert!(protocol.ports.iter().copied().all(is_usual));
                }
            }
        }
    }

    #[test]
    fn a_port_has_those_that_were_put_there_and_those_with_few_first_bytes_in_front() {
        let mut ports = ByPort::default();
        let usual = |first_bytes, index| Usual { first_bytes, index };
        for (port, index) in [(443, 9), (443, 3), (443, 9), (65_535, 1), (0, 2)] {
            ports.insert(port, usual(256, index));
        }
        ports.insert(443, usual(4, 7));
        assert_eq!(ports.get(443), [usual(4, 7), usual(256, 3), usual(256, 9)]);
        assert_eq!((ports.get(65_535), ports.get(0)), (&[usual(256, 1)][..], &[usual(256, 2)][..]));
        assert_eq!((ports.get(444), ports.get(40_000)), (&[][..], &[][..]));
        ports.remove(3);
        assert_eq!(ports.get(443), [usual(4, 7), usual(256, 9)]);
    }
}
