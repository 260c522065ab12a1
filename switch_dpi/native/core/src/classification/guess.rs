//! What a flow may be at its first packet: a guess with the evidence that there is before any payload.
//!
//! A client that has looked up a name talks to the addresses that it was answered (RFC 1035); a server says tomorrow what it said
//! today. Confidence is the share of such guesses that came true so far, and so differs from place to place.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;

use crate::flow::Upper;
use crate::frame::Address;

/// Where a guess comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The client has looked up a name that led to this address.
    Lookup,
    /// Earlier flows to the same server and port.
    Server,
    /// The address lies in a network of the application.
    Network,
    /// Another flow has announced it.
    Announced,
}

impl Source {
    /// `lookup`, `server`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Source::Lookup => "lookup",
            Source::Server => "server",
            Source::Network => "network",
            Source::Announced => "announced",
        }
    }

    /// For people.
    #[must_use]
    pub const fn evidence(self) -> &'static str {
        match self {
            Source::Lookup => "the client has looked up a name at this address",
            Source::Server => "earlier flows to this server and port",
            Source::Network => "the address lies in a network of the application",
            Source::Announced => "announced by another flow",
        }
    }
}

/// A guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guess {
    /// The protocol's place in [`crate::protocols::ALL`], when the evidence names one.
    pub protocol: Option<u16>,
    /// What runs above it.
    pub upper: Option<Upper>,
    /// 0 to 100: how many of a hundred such guesses come true.
    pub confidence: u8,
    /// Why.
    pub source: Source,
}

/// Sets of places in a cache; keys that meet in a set share its ways.
const SETS: usize = 1 << 13;
const WAYS: usize = 4;
/// A name's address is believed for so long at least: clients keep using it behind its time to live.
const MIN_LIFETIME_S: u32 = 300;
/// And for so long at most.
const MAX_LIFETIME_S: u32 = 86_400;
/// A server's history is guessed from when at least so many of a hundred flows agreed.
const MIN_AGREEMENT: u32 = 60;
/// Before anything was tried: four of five flows into a network that means one application say that they are that
/// application's. The others end as their carrier, being flows that name no server.
const FIRST_NETWORK_RECORD: Record = Record { right: 8, all: 10 };

/// A cache of fixed size: a key has one set of places, the one that came first gives way. Keys are kept as 64 bits of a hash
/// that is seeded at random.
#[derive(Debug)]
struct Cache<K, V> {
    slots: Vec<[(u64, V); WAYS]>,
    hasher: foldhash::fast::RandomState,
    key: PhantomData<K>,
}

impl<K: Hash, V: Copy + Default> Cache<K, V> {
    fn new() -> Self {
        Self { slots: Vec::new(), hasher: foldhash::fast::RandomState::default(), key: PhantomData }
    }

    /// The key's set, and what stands for it there; 0 is an empty place.
    fn place(&self, key: &K) -> (usize, u64) {
        let hash = self.hasher.hash_one(key);
        (usize::try_from(hash >> 32).unwrap_or(0) % SETS, hash | 1)
    }

    fn get(&self, key: &K) -> Option<V> {
        if self.slots.is_empty() {
            return None;
        }
        let (set, print) = self.place(key);
        self.slots.get(set)?.iter().find(|(other, _)| *other == print).map(|(_, value)| *value)
    }

    /// Reads something of the key's set.
    fn touch(&self, key: &K) -> u64 {
        let (set, _) = self.place(key);
        self.slots.get(set).map_or(0, |[(first, _), .., (last, _)]| first ^ last)
    }

    fn insert(&mut self, key: &K, value: V) {
        self.update(key, |_| value);
    }

    /// Puts something in the place of what stands there for a key.
    fn update(&mut self, key: &K, change: impl FnOnce(Option<V>) -> V) {
        if self.slots.is_empty() {
            self.slots.resize(SETS, [(0, V::default()); WAYS]);
        }
        let (set, print) = self.place(key);
        let Some(ways) = self.slots.get_mut(set) else { return };
        let place = ways.iter().position(|(other, _)| *other == print || *other == 0).unwrap_or(WAYS - 1);
        let before = ways.get(place).filter(|(other, _)| *other == print).map(|(_, value)| *value);
        if let Some(up_to_place) = ways.get_mut(..=place).filter(|_| place > 0) {
            up_to_place.rotate_right(1);
        }
        if let Some(first) = ways.first_mut() {
            *first = (print, change(before));
        }
    }
}

/// How often guesses of a kind came true.
#[derive(Clone, Copy, Debug, Default)]
struct Record {
    right: u16,
    all: u16,
}

impl Record {
    fn note(&mut self, is_right: bool) {
        self.right += u16::from(is_right);
        self.all += 1;
        if self.all >= 1 << 14 {
            (self.right, self.all) = (self.right / 2, self.all / 2); // what was long ago counts less
        }
    }

    fn percent(self) -> u8 {
        u8::try_from(u32::from(self.right) * 100 / u32::from(self.all.max(1))).unwrap_or(100)
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Named {
    app: u32,
    until_s: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Past {
    protocol: u16,
    upper: Option<Upper>,
    record: Record,
}

/// A server: address, port, and whether it is TCP's.
pub type Server = (Address, u16, bool);

/// What is remembered for guesses.
#[derive(Debug)]
pub struct Guesses {
    names: Cache<(Address, Address), Named>,
    servers: Cache<Server, Past>,
    lookups: Record,
    /// By application; no more than have networks.
    networks: HashMap<Option<Upper>, Record, foldhash::fast::RandomState>,
}

impl Default for Guesses {
    fn default() -> Self {
        // Before anything was tried: three of four look-ups are followed by a flow of that name.
        let lookups = Record { right: 3, all: 4 };
        Self { names: Cache::new(), servers: Cache::new(), lookups, networks: HashMap::default() }
    }
}

impl Guesses {
    /// A client was told that an application's name has this address.
    pub fn learn_name(&mut self, client: Address, server: Address, app: u32, (now_s, ttl_s): (u64, u32)) {
        let until_s = now_s + u64::from(ttl_s.clamp(MIN_LIFETIME_S, MAX_LIFETIME_S));
        let until_s = u32::try_from(until_s).unwrap_or(u32::MAX);
        self.names.insert(&(client, server), Named { app, until_s });
    }

    /// A flow to this server has its verdict; `guess` is what was said at its first packet.
    pub fn learn_verdict(&mut self, server: Server, protocol: u16, upper: Option<Upper>, guess: Option<Guess>) {
        if let Some(guess) = guess.filter(|guess| guess.source == Source::Lookup) {
            self.lookups.note(guess.upper == upper);
        }
        if let Some(guess) = guess.filter(|guess| guess.source == Source::Network) {
            let is_right = if guess.upper.is_some() { guess.upper == upper } else { guess.protocol == Some(protocol) };
            self.networks.entry(guess.upper).or_insert(FIRST_NETWORK_RECORD).note(is_right);
        }
        let first = Past { protocol, upper, record: Record { right: 1, all: 2 } };
        self.servers.update(&server, |past| {
            let mut past = past.unwrap_or(first);
            let agrees = past.protocol == protocol && past.upper == upper;
            past.record.note(agrees);
            if agrees || u32::from(past.record.percent()) >= MIN_AGREEMENT { past } else { first }
        });
    }

    /// What a flow into a network of an application may be: the application's, or the protocol of the port where that tells more.
    #[must_use]
    pub fn guess_network(&self, protocol: Option<u16>, upper: Option<Upper>) -> Guess {
        let known = self.networks.get(&upper).copied().unwrap_or(FIRST_NETWORK_RECORD);
        Guess { protocol, upper, confidence: known.percent(), source: Source::Network }
    }

    /// Brings near what [`Self::guess`] will look at.
    pub(crate) fn bring_near(&self, client: Address, server: Server) {
        std::hint::black_box(self.servers.touch(&server) ^ self.names.touch(&(client, server.0)));
    }

    /// What a flow from this client to this server may be.
    #[must_use]
    pub fn guess(&self, client: Address, server: Server, now_s: u64) -> Option<Guess> {
        let past = self.servers.get(&server).filter(|past| u32::from(past.record.percent()) >= MIN_AGREEMENT);
        let named = self.names.get(&(client, server.0)).filter(|named| u64::from(named.until_s) > now_s);
        match (named, past) {
            (Some(named), past) => {
                let upper = Some(Upper::App(named.app));
                let (protocol, confidence) = (past.map(|past| past.protocol), self.lookups.percent());
                Some(Guess { protocol, upper, confidence, source: Source::Lookup })
            }
            (None, Some(past)) => {
                let (protocol, confidence) = (Some(past.protocol), past.record.percent());
                Some(Guess { protocol, upper: past.upper, confidence, source: Source::Server })
            }
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> Address {
        Address::from_v4([192, 0, 2, last])
    }

    #[test]
    fn a_looked_up_name_is_guessed_for_the_client_that_asked_until_it_is_too_old() {
        let mut guesses = Guesses::default();
        guesses.learn_name(address(1), address(9), 7, (100, 60));
        let server = (address(9), 443, true);
        let guess = guesses.guess(address(1), server, 101).unwrap();
        assert_eq!((guess.upper, guess.confidence, guess.source), (Some(Upper::App(7)), 75, Source::Lookup));
        assert_eq!(guesses.guess(address(2), server, 101), None);
        assert_eq!(guesses.guess(address(1), server, 100 + u64::from(MIN_LIFETIME_S)), None);
    }

    #[test]
    fn a_server_is_believed_as_often_as_it_was_the_same() {
        let mut guesses = Guesses::default();
        let server = (address(9), 443, true);
        guesses.learn_verdict(server, 3, None, None);
        let first = guesses.guess(address(1), server, 0).unwrap();
        assert_eq!((first.protocol, first.confidence), (Some(3), 66));
        for _ in 0..20 {
            guesses.learn_verdict(server, 3, None, None);
        }
        assert!(guesses.guess(address(1), server, 0).unwrap().confidence > 90);
        for turn in 0..40 {
            guesses.learn_verdict(server, 3 + turn % 2, None, None);
        }
        assert!(guesses.guess(address(1), server, 0).is_none_or(|guess| guess.confidence < 80));
    }

    #[test]
    fn confidence_in_look_ups_follows_what_came_true() {
        let mut guesses = Guesses::default();
        let server = (address(9), 443, true);
        guesses.learn_name(address(1), address(9), 7, (0, 60));
        for _ in 0..96 {
            let guess = guesses.guess(address(1), server, 1);
            guesses.learn_verdict(server, 3, Some(Upper::App(8)), guess);
        }
        assert!(guesses.guess(address(1), server, 1).unwrap().confidence < 10);
    }

    #[test]
    fn a_network_is_believed_as_often_as_it_was_right_each_application_by_itself() {
        let mut guesses = Guesses::default();
        let [one, other] = [1, 2].map(|app| Some(Upper::App(app)));
        let server = (address(9), 443, true);
        let first = guesses.guess_network(None, one);
        assert_eq!((first.upper, first.confidence, first.source), (one, 80, Source::Network));
        for _ in 0..92 {
            guesses.learn_verdict(server, 3, other, Some(first));
        }
        assert_eq!(guesses.guess_network(None, one).confidence, 7);
        assert_eq!(guesses.guess_network(None, other).confidence, 80);
        for upper in [None, other] {
            guesses.learn_verdict(server, 3, upper, Some(guesses.guess_network(Some(3), None)));
        }
        assert_eq!(guesses.guess_network(Some(3), None).confidence, 83, "whatever is asked about");
    }

    #[test]
    fn the_cache_keeps_its_size_and_the_latest() {
        let mut cache = Cache::<u32, u32>::new();
        for key in 0..200_000u32 {
            cache.insert(&key, key);
            assert_eq!(cache.get(&key), Some(key));
        }
        assert_eq!(cache.slots.len(), SETS);
    }
}
