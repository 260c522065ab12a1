//! The first bytes of one direction of a TCP connection, in order (RFC 9293 §3.4, §3.10.7.4).
//!
//! Segments may come in any order, twice, or overlapping; the bytes that came first stay. Sequence numbers wrap. A stream
//! whose SYN was not seen begins with the first payload that was.

/// Segments kept out of order: enough for one initial window of 10 (RFC 6928) lost at its beginning, and again.
const MAX_PENDING: usize = 20;

/// One direction's first bytes.
#[derive(Debug, Default)]
pub struct Stream {
    next: Option<u32>,
    data: Vec<u8>,
    pending: Vec<(u32, Vec<u8>)>,
    pending_size: usize,
}

/// Buffers larger than this are given back to the allocator when a stream is used again.
const MAX_KEPT_CAPACITY: usize = 4096;

impl Stream {
    /// Takes note of a SYN: payload begins one after it.
    pub fn begin(&mut self, syn_sequence: u32) {
        if self.data.is_empty() && self.pending.is_empty() {
            self.next = Some(syn_sequence.wrapping_add(1));
        }
    }

    /// Whether nothing is held, and a segment here would be the first.
    #[must_use]
    pub fn is_empty_at(&self, sequence: u32) -> bool {
        self.data.is_empty() && self.pending.is_empty() && self.next.is_none_or(|next| next == sequence)
    }

    /// Where the next segment begins, as far as is known.
    #[must_use]
    pub fn next_sequence(&self) -> Option<u32> {
        self.next
    }

    /// A segment goes by whose payload is not wanted.
    pub fn skip(&mut self, sequence: u32, size: usize) {
        if let Some(next) = &mut self.next {
            let end = sequence.wrapping_add(size as u32); // a segment is smaller than 2^32
            if distance(*next, sequence) <= 0 && distance(*next, end) > 0 {
                *next = end;
            }
        }
    }

    /// Adds a segment's payload; true when the bytes in order became more. At most `max_size` bytes are kept.
    pub fn push(&mut self, sequence: u32, payload: &[u8], max_size: usize, reassemble: bool) -> bool {
        let next = *self.next.get_or_insert(sequence);
        let ahead = distance(next, sequence);
        if ahead > 0 {
            if reassemble {
                self.keep(sequence, payload, ahead.unsigned_abs() as usize, max_size);
            }
            return false;
        }
        let before = self.data.len();
        self.append(ahead.unsigned_abs() as usize, payload, max_size);
        if !self.pending.is_empty() {
            self.drain(max_size);
        }
        self.data.len() > before
    }

    /// The bytes in order.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// All bytes that are held.
    #[must_use]
    pub fn held_size(&self) -> usize {
        self.data.len() + self.pending_size
    }

    /// Forgets everything, for use by another flow.
    pub fn reset(&mut self) {
        self.next = None;
        self.pending.clear();
        self.pending_size = 0;
        self.data.clear();
        self.data.shrink_to(MAX_KEPT_CAPACITY);
    }

    /// Adds what of `payload` lies behind its first `known` bytes.
    fn append(&mut self, known: usize, payload: &[u8], max_size: usize) {
        let fresh = payload.get(known..).unwrap_or_default();
        let room = max_size.saturating_sub(self.data.len());
        self.data.extend_from_slice(fresh.get(..room).unwrap_or(fresh));
        // The whole segment counts, also what did not fit: what follows it is not next to what is kept.
        let size = fresh.len() as u32; // a segment is smaller than 2^32
        self.next = self.next.map(|next| next.wrapping_add(size));
    }

    fn keep(&mut self, sequence: u32, payload: &[u8], ahead: usize, max_size: usize) {
        let in_reach = self.data.len().saturating_add(ahead) < max_size;
        let fits = self.pending.len() < MAX_PENDING && self.pending_size.saturating_add(payload.len()) <= max_size;
        if in_reach && fits && !self.pending.iter().any(|(at, kept)| *at == sequence && kept.len() >= payload.len()) {
            self.pending_size += payload.len();
            self.pending.push((sequence, payload.to_vec()));
        }
    }

    /// Appends what has become next. Of two that overlap, the one that came first goes first.
    fn drain(&mut self, max_size: usize) {
        while let Some(next) = self.next {
            let Some(at) = self.pending.iter().position(|(sequence, _)| distance(next, *sequence) <= 0) else {
                return;
            };
            let (sequence, payload) = self.pending.remove(at);
            self.pending_size -= payload.len();
            self.append(distance(next, sequence).unsigned_abs() as usize, &payload, max_size);
        }
    }
}

/// How far `to` is ahead of `from`, modulo 2^32 (RFC 9293 §3.4).
const fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = 1000;

    fn fed(segments: &[(u32, &[u8])]) -> Stream {
        let mut stream = Stream::default();
        stream.begin(99);
        for (sequence, payload) in segments {
            stream.push(*sequence, payload, MAX, true);
        }
        stream
    }

    #[test]
    fn order_does_not_matter() {
        let parts: [(u32, &[u8]); 3] = [(100, b"abc"), (103, b"def"), (106, b"g")];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            assert_eq!(fed(&order.map(|at| parts[at])).data(), b"abcdefg", "{order:?}");
        }
    }

    #[test]
    fn bytes_that_came_first_stay_when_segments_overlap() {
        assert_eq!(fed(&[(100, b"abc"), (100, b"XYZ"), (101, b"XXd")]).data(), b"abcd");
        assert_eq!(fed(&[(102, b"cde"), (100, b"abX"), (105, b"f")]).data(), b"abXdef");
    }

    #[test]
    fn sequence_numbers_wrap() {
        let mut stream = Stream::default();
        stream.begin(u32::MAX - 2);
        assert!(!stream.push(1, b"def", MAX, true));
        assert!(stream.push(u32::MAX - 1, b"abc", MAX, true));
        assert_eq!(stream.data(), b"abcdef");
    }

    #[test]
    fn a_stream_without_its_syn_begins_with_the_first_payload() {
        let mut stream = Stream::default();
        assert!(stream.is_empty_at(7));
        assert!(stream.push(5000, b"mid", MAX, true));
        assert!(!stream.is_empty_at(5003));
        assert!(!stream.push(4990, b"old", MAX, true));
        assert_eq!(stream.data(), b"mid");
    }

    #[test]
    fn a_retransmitted_syn_changes_nothing() {
        let mut stream = fed(&[(100, b"abc")]);
        stream.begin(99);
        assert!(stream.push(103, b"d", MAX, true));
        assert_eq!(stream.data(), b"abcd");
    }

    #[test]
    fn what_is_held_is_bounded() {
        let mut stream = Stream::default();
        stream.begin(99);
        for at in 0..200u32 {
            stream.push(102 + at * 3, b"xyz", 64, true);
        }
        assert!(stream.held_size() <= 64);
        stream.push(100, &[7; 500], 64, true);
        assert_eq!(stream.data().len(), 64);
        stream.reset();
        assert_eq!(stream.held_size(), 0);
    }

    #[test]
    fn bytes_behind_a_full_buffer_are_not_taken_for_its_continuation() {
        let mut stream = Stream::default();
        stream.begin(99);
        stream.push(100, &[1; 70], 64, true);
        assert!(!stream.push(170, b"later", 64, true));
        assert_eq!(stream.data(), [1; 64]);
    }
}
