//! What one socket has not taken yet: whole messages, those of the other side first, then news. No I/O.

use std::collections::VecDeque;
use std::mem;

/// Bytes that wait for a socket.
#[derive(Default)]
pub(crate) struct Outgoing {
    /// Being written; it begins at a message that nothing may interrupt.
    current: Vec<u8>,
    written: usize,
    relayed: Vec<u8>,
    news: VecDeque<Vec<u8>>,
    news_size: usize,
}

impl Outgoing {
    /// Where whole messages of the other side are appended.
    pub(crate) fn relayed(&mut self) -> &mut Vec<u8> {
        &mut self.relayed
    }

    /// Adds one whole message that may wait for relayed ones.
    pub(crate) fn add_news(&mut self, message: Vec<u8>) {
        self.news_size += message.len();
        self.news.push_back(message);
    }

    /// Bytes of the other side's that wait.
    pub(crate) fn waiting_size(&self) -> usize {
        self.current.len() - self.written + self.relayed.len()
    }

    /// Bytes of news that wait, those apart that are being written.
    pub(crate) fn news_size(&self) -> usize {
        self.news_size
    }

    /// Whether anything waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.written == self.current.len() && self.relayed.is_empty() && self.news.is_empty()
    }

    /// What to write next; empty when nothing waits.
    pub(crate) fn next(&mut self) -> &[u8] {
        if self.written == self.current.len() {
            self.current.clear();
            self.written = 0;
            if !self.relayed.is_empty() {
                mem::swap(&mut self.current, &mut self.relayed);
            } else if let Some(message) = self.news.pop_front() {
                self.news_size -= message.len();
                self.current = message;
            }
        }
        self.current.get(self.written..).unwrap_or_default()
    }

    /// So many bytes of [`Outgoing::next`] are written.
    pub(crate) fn advance(&mut self, size: usize) {
        self.written = self.current.len().min(self.written + size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drained(outgoing: &mut Outgoing, step: usize) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            let part = outgoing.next();
            if part.is_empty() {
                return all;
            }
            let taken = part.len().min(step);
            all.extend_from_slice(&part[..taken]);
            outgoing.advance(taken);
        }
    }

    #[test]
    fn news_wait_for_relayed_messages() {
        let mut outgoing = Outgoing::default();
        outgoing.add_news(b"NEWS".to_vec());
        outgoing.relayed().extend_from_slice(b"relayed");
        assert_eq!(drained(&mut outgoing, 3), b"relayedNEWS");
        assert!(outgoing.is_empty());
    }

    #[test]
    fn a_message_that_has_begun_ends_before_another_begins() {
        let mut outgoing = Outgoing::default();
        outgoing.add_news(b"FIRST".to_vec());
        outgoing.add_news(b"SECOND".to_vec());
        assert_eq!(outgoing.next(), b"FIRST");
        outgoing.advance(2);
        outgoing.relayed().extend_from_slice(b"relayed");
        assert_eq!(drained(&mut outgoing, 100), b"RSTrelayedSECOND");
    }

    #[test]
    fn sizes_count_what_waits() {
        let mut outgoing = Outgoing::default();
        outgoing.relayed().extend_from_slice(b"relayed");
        outgoing.add_news(b"NEWS".to_vec());
        assert_eq!((outgoing.waiting_size(), outgoing.news_size()), (7, 4));
        let _ = outgoing.next();
        outgoing.advance(5);
        assert_eq!((outgoing.waiting_size(), outgoing.news_size()), (2, 4));
        drained(&mut outgoing, 100);
        assert_eq!((outgoing.waiting_size(), outgoing.news_size()), (0, 0));
    }
}
