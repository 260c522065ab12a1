//! The handshake's byte stream out of CRYPTO frames (RFC 9000 §19.6), which come in pieces and in any order.

use std::collections::BTreeMap;

use super::packet::variable_integer;
use crate::bytes::Reader;

/// How much of the stream is kept: a ClientHello with post-quantum keys has some 2 KB; endpoints must take 4 KB
/// (RFC 9000 §7.5).
pub const MAX_STREAM_SIZE: usize = 16 * 1024;
/// Pieces that wait for what comes before them; clients cut their hello into a few dozen.
const MAX_WAITING: usize = 128;

const PADDING: u64 = 0x00;
const PING: u64 = 0x01;
const ACK: u64 = 0x02;
const ACK_ECN: u64 = 0x03;

/// The CRYPTO frames of a packet's payload; ends at a frame that an Initial packet may not hold (RFC 9000 §12.4).
pub struct CryptoFrames<'a> {
    reader: Reader<'a>,
    crypto_frame: u64,
}

impl<'a> CryptoFrames<'a> {
    /// Of this payload, its protection removed; `crypto_frame` is the type that carries the handshake.
    #[must_use]
    pub const fn new(payload: &'a [u8], crypto_frame: u64) -> Self {
        Self { reader: Reader::new(payload), crypto_frame }
    }

    fn skip_acknowledgement(&mut self, has_ecn: bool) -> Option<()> {
        variable_integer(&mut self.reader)?; // largest
        variable_integer(&mut self.reader)?; // delay
        let ranges = variable_integer(&mut self.reader)?;
        variable_integer(&mut self.reader)?; // first range
        for _ in 0..ranges.checked_mul(2)? {
            variable_integer(&mut self.reader)?;
        }
        for _ in 0..if has_ecn { 3 } else { 0 } {
            variable_integer(&mut self.reader)?;
        }
        Some(())
    }
}

impl<'a> Iterator for CryptoFrames<'a> {
    type Item = (u64, &'a [u8]);

    /// Offset and bytes.
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.reader.take(padding_size(self.reader.rest()))?;
            match variable_integer(&mut self.reader)? {
                PADDING | PING => {}
                ACK => self.skip_acknowledgement(false)?,
                ACK_ECN => self.skip_acknowledgement(true)?,
                kind if kind == self.crypto_frame => {
                    let offset = variable_integer(&mut self.reader)?;
                    let size = usize::try_from(variable_integer(&mut self.reader)?).ok()?;
                    return Some((offset, self.reader.take(size)?));
                }
                _ => return None,
            }
        }
    }
}

/// How many bytes of padding are in front: most of a client's first datagram.
fn padding_size(payload: &[u8]) -> usize {
    const AT_ONCE: usize = 16;
    let (chunks, _) = payload.as_chunks::<AT_ONCE>();
    let size = chunks.iter().take_while(|chunk| u128::from_ne_bytes(**chunk) == PADDING.into()).count() * AT_ONCE;
    let rest = payload.get(size..).unwrap_or_default();
    size + rest.iter().take_while(|byte| u64::from(**byte) == PADDING).count()
}

/// Puts pieces in order.
#[derive(Debug, Default)]
pub struct CryptoStream {
    ready: Vec<u8>,
    waiting: BTreeMap<usize, Vec<u8>>,
    waiting_size: usize,
}

impl CryptoStream {
    /// The stream's beginning, as far as it has no gap.
    #[must_use]
    pub fn ready(&self) -> &[u8] {
        &self.ready
    }

    /// Adds a piece. Left out is what lies beyond [`MAX_STREAM_SIZE`], and what would make more than that wait, or too
    /// many pieces.
    pub fn insert(&mut self, offset: u64, piece: &[u8]) {
        let Ok(offset) = usize::try_from(offset) else { return };
        if offset.saturating_add(piece.len()) > MAX_STREAM_SIZE {
            return;
        }
        if offset > self.ready.len() {
            self.keep(offset, piece);
            return;
        }
        self.append(offset, piece);
        while let Some(entry) = self.waiting.first_entry() {
            if *entry.key() > self.ready.len() {
                break;
            }
            let (offset, piece) = entry.remove_entry();
            self.waiting_size = self.waiting_size.saturating_sub(piece.len());
            self.append(offset, &piece);
        }
    }

    /// Of two pieces at one place the longer stays.
    fn keep(&mut self, offset: usize, piece: &[u8]) {
        let kept = self.waiting.get(&offset).map(Vec::len);
        let waiting_size = self.waiting_size - kept.unwrap_or(0) + piece.len();
        let has_room = kept.is_some() || self.waiting.len() < MAX_WAITING;
        if has_room && waiting_size <= MAX_STREAM_SIZE && kept.is_none_or(|size| size < piece.len()) {
            self.waiting.insert(offset, piece.to_vec());
            self.waiting_size = waiting_size;
        }
    }

    /// Adds what of the piece is new; it begins at or before the end.
    fn append(&mut self, offset: usize, piece: &[u8]) {
        let known = self.ready.len().saturating_sub(offset);
        self.ready.extend_from_slice(piece.get(known..).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_in_any_order_with_overlaps_give_the_stream() {
        let mut stream = CryptoStream::default();
        for (offset, piece) in
            [(6, &b"ghij"[..]), (6, b"gh"), (2, b"cd"), (9, b"jkl"), (0, b"abc"), (3, b"def"), (0, b"ab")]
        {
            stream.insert(offset, piece);
        }
        assert_eq!(stream.ready(), b"abcdefghijkl");
    }

    #[test]
    fn memory_is_bounded() {
        let mut stream = CryptoStream::default();
        stream.insert(u64::MAX, b"x");
        stream.insert(MAX_STREAM_SIZE as u64, b"x");
        for offset in 1..1000 {
            stream.insert(offset * 2, b"x");
        }
        assert!(stream.ready().is_empty());
        assert!(stream.waiting.len() <= MAX_WAITING);
        let mut stream = CryptoStream::default();
        for offset in 1..100 {
            stream.insert(offset, &[0; 1000]);
        }
        assert!(stream.waiting.values().map(Vec::len).sum::<usize>() <= MAX_STREAM_SIZE);
        stream.insert(0, b"x");
        assert_eq!((stream.waiting_size, stream.ready().len()), (0, 1016));
    }

    #[test]
    fn frames_between_are_skipped_and_others_end_the_search() {
        let payload = b"\x00\x01\x02\x05\x00\x01\x01\x02\x03\x06\x04\x02ab\x03\x05\x00\x00\x01\x09\x09\x09\x06\x00\x01x\x1c\x06\x00\x01y";
        let frames: Vec<_> = CryptoFrames::new(payload, 6).collect();
        assert_eq!(frames, [(4, &b"ab"[..]), (0, &b"x"[..])]);
        let endless = b"\x02\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00";
        assert_eq!(CryptoFrames::new(endless, 6).count(), 0);
    }
}
