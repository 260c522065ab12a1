//! Which protocols a flow may still be: a set of bits, and the order in which they are tried.

use std::collections::HashMap;
use std::sync::Arc;

use crate::declared::{Declared, MAX_DECLARED};
use crate::protocol::{Descriptor, Transport};
use crate::protocols::ALL;

const WORDS: usize = (ALL.len() + MAX_DECLARED).div_ceil(64);

/// A set of protocols, by their place in [`ALL`] and, behind those, in what a set of signatures declares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Candidates([u64; WORDS]);

impl Candidates {
    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
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

    /// What is in both sets.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (word, theirs) in self.0.iter_mut().zip(other.0) {
            *word &= theirs;
        }
        self
    }

    /// What is in either set.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        for (word, theirs) in self.0.iter_mut().zip(other.0) {
            *word |= theirs;
        }
        self
    }

    /// What is in this set only.
    #[must_use]
    pub fn without(mut self, other: Self) -> Self {
        for (word, theirs) in self.0.iter_mut().zip(other.0) {
            *word &= !theirs;
        }
        self
    }

    /// The protocols in the set, in ascending order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(place, mut word)| {
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
    streams: ByFirstByte,
    datagrams: ByFirstByte,
    numbered: HashMap<Transport, Candidates, foldhash::fast::RandomState>,
    usual: HashMap<(Transport, u16), Candidates, foldhash::fast::RandomState>,
    by_key: HashMap<Box<str>, usize, foldhash::fast::RandomState>,
    declared: Vec<Arc<Declared>>,
}

/// All protocols over a transport with ports, and those whose payload may begin with a byte.
#[derive(Debug)]
struct ByFirstByte {
    all: Candidates,
    beginning: Box<[Candidates; 256]>,
}

impl Default for ByFirstByte {
    fn default() -> Self {
        Self { all: Candidates::default(), beginning: Box::new([Candidates::default(); 256]) }
    }
}

impl ByFirstByte {
    fn add(&mut self, index: usize, allows: impl Fn(u8) -> bool) {
        self.all.insert(index);
        for (byte, set) in (0..=u8::MAX).zip(self.beginning.iter_mut()) {
            if allows(byte) {
                set.insert(index);
            }
        }
    }

    fn remove(&mut self, index: usize) {
        self.all.remove(index);
        self.beginning.iter_mut().for_each(|set| set.remove(index));
    }
}

impl Default for PortTable {
    fn default() -> Self {
        let mut table = Self {
            streams: ByFirstByte::default(),
            datagrams: ByFirstByte::default(),
            numbered: HashMap::default(),
            usual: HashMap::default(),
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
    pub fn all(&self, transport: Transport) -> Candidates {
        match transport {
            Transport::Tcp => self.streams.all,
            Transport::Udp => self.datagrams.all,
            numbered => self.numbered.get(&numbered).copied().unwrap_or_default(),
        }
    }

    /// Every protocol over `transport` whose payload may begin with `byte`.
    #[must_use]
    pub fn beginning(&self, transport: Transport, byte: u8) -> Candidates {
        let by_first_byte = match transport {
            Transport::Tcp => &self.streams,
            Transport::Udp => &self.datagrams,
            numbered => return self.all(numbered),
        };
        by_first_byte.beginning.get(usize::from(byte)).copied().unwrap_or_default()
    }

    /// The protocols that usually run at this port.
    #[must_use]
    pub fn usual(&self, transport: Transport, port: u16) -> Candidates {
        self.usual.get(&(transport, port)).copied().unwrap_or_default()
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
            let by_first_byte = if transport == Transport::Tcp { &mut self.streams } else { &mut self.datagrams };
            by_first_byte.add(index, |byte| protocol.may_begin_with(transport, byte));
            for replaced in replaced.iter().copied() {
                by_first_byte.remove(replaced);
                let usual = self.usual.iter_mut().filter(|((carrier, _), _)| *carrier == transport);
                usual.for_each(|(_, set)| set.remove(replaced));
            }
            for port in &protocol.ports {
                self.usual.entry((transport, *port)).or_default().insert(index);
            }
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
                Transport::Tcp => self.streams.add(index, |byte| protocol.first_bytes.allows(byte)),
                Transport::Udp => self.datagrams.add(index, |byte| protocol.first_bytes.allows(byte)),
                numbered => self.numbered.entry(*numbered).or_default().insert(index),
            }
            if matches!(transport, Transport::Tcp | Transport::Udp) {
                for port in protocol.ports {
                    self.usual.entry((*transport, *port)).or_default().insert(index);
                }
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
                    assert!(protocol.ports.iter().all(|port| table.usual(*transport, *port).contains(index)));
                }
            }
        }
    }
}
