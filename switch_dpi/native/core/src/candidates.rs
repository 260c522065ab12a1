//! Which protocols a flow may still be: a set of bits, and the order in which they are tried.

use std::collections::HashMap;

use crate::protocol::{Descriptor, Transport};
use crate::protocols::ALL;

const WORDS: usize = ALL.len().div_ceil(64);

/// A set of native protocols, by their place in [`ALL`].
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

/// Where protocols usually run.
#[derive(Debug)]
pub struct PortTable {
    all: [Candidates; 2],
    usual: HashMap<(bool, u16), Candidates, ahash::RandomState>,
}

impl Default for PortTable {
    fn default() -> Self {
        let mut table = Self { all: [Candidates::default(); 2], usual: HashMap::default() };
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
        let [tcp, udp] = self.all;
        match transport {
            Transport::Tcp => tcp,
            Transport::Udp => udp,
        }
    }

    /// The protocols that usually run at this port.
    #[must_use]
    pub fn usual(&self, transport: Transport, port: u16) -> Candidates {
        self.usual.get(&(transport == Transport::Tcp, port)).copied().unwrap_or_default()
    }

    fn add(&mut self, index: usize, protocol: &Descriptor) {
        for transport in protocol.transports {
            let [tcp, udp] = &mut self.all;
            match transport {
                Transport::Tcp => tcp.insert(index),
                Transport::Udp => udp.insert(index),
            }
            for port in protocol.ports {
                self.usual.entry((*transport == Transport::Tcp, *port)).or_default().insert(index);
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
                assert!(protocol.ports.iter().all(|port| table.usual(*transport, *port).contains(index)));
            }
        }
    }
}
