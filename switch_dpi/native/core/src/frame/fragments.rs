//! IP packets put together from their pieces (RFC 791 §3.2, RFC 8200 §4.5): bounded in number, memory and time.
//!
//! Bytes that came first stay where IPv4 pieces overlap; an IPv6 packet with overlapping pieces is dropped (RFC 5722 §4). Of a
//! packet that does not become whole in time, the beginning is given back if it was seen: it has the ports.

use std::collections::{HashMap, VecDeque};

use crate::flow::Via;
use crate::frame::{Address, Envelope, Piece};
use crate::options::{Options, SECOND_NS};

/// A packet that is not whole after so long never will be (RFC 8200 §4.5 says 60 s, for the receiver; routes are faster).
const TIMEOUT_NS: u64 = 30 * SECOND_NS;
/// Pieces of one packet: 64 KiB in pieces of the smallest usual size, 576 bytes (RFC 791 §3.1).
const MAX_PIECES: usize = 128;
/// What a piece costs beside its bytes.
const PIECE_OVERHEAD: usize = 64;
/// What a packet that waits costs beside its pieces, also when these are empty: its key twice, and what is known of it.
const PACKET_OVERHEAD: usize = 256;
/// So many places in the queue may belong to packets that have gone, beside as many as wait.
const MAX_STALE: usize = 256;
/// IP's packets are smaller than this.
const MAX_PACKET_SIZE: usize = 1 << 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    source: Address,
    destination: Address,
    identification: u32,
    protocol: u8,
    vlan: u16,
    scope: u32,
}

/// A packet put together, or the beginning of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assembled {
    /// Whose it is.
    pub envelope: Envelope,
    /// Through which tunnel it came.
    pub via: Via,
    /// What it carries.
    pub payload: Vec<u8>,
    /// How many frames brought it.
    pub frames: u32,
    /// Their bytes on the wire.
    pub bytes: u64,
}

#[derive(Debug)]
struct Assembly {
    envelope: Envelope,
    via: Via,
    pieces: Vec<(usize, Vec<u8>)>,
    end: Option<usize>,
    size: usize,
    frames: u32,
    bytes: u64,
    since_ns: u64,
}

/// All packets that are not whole yet.
#[derive(Debug, Default)]
pub(crate) struct Fragments {
    waiting: HashMap<Key, Assembly, foldhash::fast::RandomState>,
    order: VecDeque<(u64, Key)>,
    held: usize,
}

impl Fragments {
    /// Takes in a piece; gives back the packet when it is whole now.
    pub(crate) fn push(&mut self, piece: &Piece<'_>, via: Via, (now_ns, wire_size): (u64, u32)) -> Option<Assembled> {
        let key = Key {
            source: piece.envelope.source,
            destination: piece.envelope.destination,
            identification: piece.fragment.identification,
            protocol: piece.envelope.protocol,
            vlan: piece.envelope.vlan,
            scope: via.scope,
        };
        let (order, held) = (&mut self.order, &mut self.held);
        let assembly = self.waiting.entry(key).or_insert_with(|| {
            order.push_back((now_ns, key));
            let assembly = Assembly::new(piece.envelope, via, now_ns);
            *held += assembly.size;
            assembly
        });
        assembly.frames += 1;
        assembly.bytes += u64::from(wire_size);
        let before = assembly.size;
        let sound = assembly.add(piece);
        self.held += assembly.size - before;
        if !sound {
            self.take(&key);
            return None;
        }
        if !assembly.is_whole() {
            return None;
        }
        self.take(&key).map(Assembly::finish)
    }

    /// Bytes that are held.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// Whether there is a packet for [`Self::expire`] to take out, or one that has gone meanwhile.
    #[inline]
    pub(crate) fn is_due(&self, now_ns: u64, options: &Options) -> bool {
        let is_over = |since_ns: u64| since_ns.saturating_add(TIMEOUT_NS) <= now_ns;
        self.order.front().is_some_and(|(since_ns, _)| is_over(*since_ns) || self.held > options.max_fragment_bytes)
    }

    /// Takes out the oldest packet when its time is over, or memory is short; what there is of its beginning.
    pub(crate) fn expire(&mut self, now_ns: u64, options: &Options) -> Option<Option<Assembled>> {
        loop {
            if !self.is_due(now_ns, options) {
                return None;
            }
            let (since_ns, key) = self.order.pop_front()?;
            if self.waiting.get(&key).is_some_and(|assembly| assembly.since_ns == since_ns) {
                return self.take(&key).map(Assembly::beginning);
            }
        }
    }

    /// Takes out the oldest packet, whatever its age.
    pub(crate) fn drain(&mut self) -> Option<Option<Assembled>> {
        let (_, key) = self.order.pop_front()?;
        Some(self.take(&key).and_then(Assembly::beginning))
    }

    fn take(&mut self, key: &Key) -> Option<Assembly> {
        let assembly = self.waiting.remove(key)?;
        self.held -= assembly.size;
        if self.order.len() > 2 * self.waiting.len() + MAX_STALE {
            let waiting = &self.waiting;
            self.order.retain(|(since_ns, key)| waiting.get(key).is_some_and(|other| other.since_ns == *since_ns));
        }
        Some(assembly)
    }
}

impl Assembly {
    fn new(envelope: Envelope, via: Via, since_ns: u64) -> Self {
        Self { envelope, via, pieces: Vec::new(), end: None, size: PACKET_OVERHEAD, frames: 0, bytes: 0, since_ns }
    }

    /// False when the packet must be dropped.
    fn add(&mut self, piece: &Piece<'_>) -> bool {
        let (start, end) =
            (usize::from(piece.fragment.offset), usize::from(piece.fragment.offset) + piece.payload.len());
        let ends_elsewhere = self.end.is_some_and(|known| end > known || (!piece.fragment.has_more && end != known));
        if end > MAX_PACKET_SIZE || self.pieces.len() >= MAX_PIECES || ends_elsewhere {
            return false;
        }
        if !piece.fragment.has_more {
            self.end = Some(end);
        }
        let is_known = self.pieces.iter().any(|(at, data)| *at == start && data.len() == piece.payload.len());
        let overlaps = self.pieces.iter().any(|(at, data)| start < at + data.len() && *at < end);
        if is_known || piece.payload.is_empty() {
            return true; // a repeated piece
        }
        if overlaps && self.envelope.ip_version == 6 {
            return false;
        }
        self.size += piece.payload.len() + PIECE_OVERHEAD;
        self.pieces.push((start, piece.payload.to_vec()));
        true
    }

    fn is_whole(&self) -> bool {
        self.end.is_some_and(|end| self.covered() >= end)
    }

    /// How many bytes from the beginning are there without a gap.
    fn covered(&self) -> usize {
        let mut reach = 0;
        loop {
            let next = self.pieces.iter().filter(|(at, _)| *at <= reach).map(|(at, data)| at + data.len()).max();
            match next {
                Some(further) if further > reach => reach = further,
                _ => return reach,
            }
        }
    }

    fn finish(self) -> Assembled {
        let mut payload = vec![0; self.covered()];
        for (at, data) in self.pieces.iter().rev() {
            if let Some(place) = payload.get_mut(*at..at + data.len()) {
                place.copy_from_slice(data); // the earliest last: it stays
            }
        }
        Assembled { envelope: self.envelope, via: self.via, payload, frames: self.frames, bytes: self.bytes }
    }

    fn beginning(self) -> Option<Assembled> {
        (self.covered() > 0).then(|| self.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Fragment, Layers};

    fn envelope(ip_version: u8) -> Envelope {
        let address = Address::from_v4([192, 0, 2, 1]);
        Envelope { layers: Layers::default(), vlan: 0, ip_version, protocol: 17, source: address, destination: address }
    }

    fn push(fragments: &mut Fragments, version: u8, offset: u16, has_more: bool, payload: &[u8]) -> Option<Vec<u8>> {
        let fragment = Fragment { identification: 7, offset, has_more };
        let piece = Piece { fragment, envelope: envelope(version), payload };
        fragments.push(&piece, Via::default(), (0, 100)).map(|whole| whole.payload)
    }

    #[test]
    fn a_packet_is_whole_whatever_the_order_of_its_pieces() {
        let pieces: [(u16, bool, &[u8]); 3] = [(0, true, b"aaaaaaaa"), (8, true, b"bbbbbbbb"), (16, false, b"cc")];
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1]] {
            let mut fragments = Fragments::default();
            let done: Vec<_> = order
                .iter()
                .filter_map(|at| push(&mut fragments, 4, pieces[*at].0, pieces[*at].1, pieces[*at].2))
                .collect();
            assert_eq!(done, [b"aaaaaaaabbbbbbbbcc".to_vec()], "{order:?}");
            assert_eq!(fragments.held, 0);
        }
    }

    #[test]
    fn bytes_that_came_first_stay_in_ipv4_and_an_overlap_ends_an_ipv6_packet() {
        let mut fragments = Fragments::default();
        assert_eq!(push(&mut fragments, 4, 0, true, b"aaaaaaaabbbbbbbb"), None);
        assert_eq!(push(&mut fragments, 4, 8, false, b"XXXXXXXXcc"), Some(b"aaaaaaaabbbbbbbbcc".to_vec()));
        assert_eq!(push(&mut fragments, 6, 0, true, b"aaaaaaaabbbbbbbb"), None);
        assert_eq!(push(&mut fragments, 6, 8, false, b"XXXXXXXXcc"), None);
        assert_eq!(fragments.held, 0);
    }

    #[test]
    fn memory_and_time_are_bounded_and_the_beginning_is_given_back() {
        let mut fragments = Fragments::default();
        let options = Options { max_fragment_bytes: 1000, ..Options::default() };
        push(&mut fragments, 4, 0, true, &[1; 600]);
        assert_eq!(fragments.expire(TIMEOUT_NS - 1, &options), None);
        let given = fragments.expire(TIMEOUT_NS, &options).flatten().unwrap();
        assert_eq!((given.payload.len(), given.frames, given.bytes), (600, 1, 100));
        push(&mut fragments, 4, 8, true, &[1; 1600]);
        assert_eq!(fragments.expire(0, &options), Some(None));
        assert_eq!((fragments.held, fragments.drain()), (0, None));
    }

    #[test]
    fn pieces_that_contradict_each_other_end_the_packet() {
        let mut fragments = Fragments::default();
        push(&mut fragments, 4, 8, false, b"end");
        assert_eq!(push(&mut fragments, 4, 16, true, b"behind the end"), None);
        assert_eq!(fragments.held, 0);
        for at in 0..2 * MAX_PIECES {
            push(&mut fragments, 4, u16::try_from(at * 16).unwrap(), true, b"piece");
        }
        assert!(fragments.held <= PACKET_OVERHEAD + MAX_PIECES * (5 + PIECE_OVERHEAD));
    }

    #[test]
    fn empty_pieces_and_packets_that_became_whole_are_bounded_too() {
        let mut fragments = Fragments::default();
        let options = Options { max_fragment_bytes: 10 * PACKET_OVERHEAD, ..Options::default() };
        let piece = |identification, has_more, payload| Piece {
            fragment: Fragment { identification, offset: 0, has_more },
            envelope: envelope(4),
            payload,
        };
        for identification in 0..5000 {
            fragments.push(&piece(identification, true, b""), Via::default(), (0, 20));
            while fragments.expire(0, &options).is_some() {}
            assert!(fragments.waiting.len() <= 10 && fragments.order.len() <= 10);
        }
        for identification in 5000..9000 {
            fragments.push(&piece(identification, true, b"8 bytes."), Via::default(), (0, 28));
            fragments.push(
                &Piece { fragment: Fragment { identification, offset: 8, has_more: false }, ..piece(0, false, b"end") },
                Via::default(),
                (0, 23),
            );
            assert!(fragments.order.len() <= 2 * fragments.waiting.len() + MAX_STALE + 1);
        }
    }
}
