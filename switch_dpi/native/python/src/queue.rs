//! Events between the engine's thread and Python: bounded, in order, with a counter for what did not fit.
//!
//! News of new flows have a bound of their own, so that a flood of them displaces no verdict.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use appsteer_core::report::event::EventKind;

use crate::record::OwnedEvent;

/// About 100 ms of new flows at 300,000 a second.
const MAX_NEW: usize = 1 << 15;
/// Verdicts and ends.
const MAX_OTHERS: usize = 1 << 16;
/// Bytes of metadata in all of them: a peer chooses how long its names are, and the reader may be slow.
const MAX_METADATA_SIZE: usize = 64 << 20;

/// The queue.
#[derive(Default)]
pub(crate) struct EventQueue {
    inner: Mutex<Inner>,
    filled: Condvar,
}

#[derive(Default)]
struct Inner {
    new: VecDeque<(u64, OwnedEvent)>,
    others: VecDeque<(u64, OwnedEvent)>,
    metadata_size: usize,
    next_number: u64,
    dropped_new: u64,
    dropped_others: u64,
    closed: bool,
}

impl EventQueue {
    /// Adds events and wakes the reader.
    pub(crate) fn push(&self, events: impl Iterator<Item = OwnedEvent>) {
        let mut inner = self.lock();
        for event in events {
            inner.push(event);
        }
        drop(inner);
        self.filled.notify_one();
    }

    /// Ends the waiting of readers, now and later.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    /// Up to `max` events, in the order of their coming; waits for the first one.
    pub(crate) fn wait(&self, timeout: Duration, max: usize) -> Vec<OwnedEvent> {
        let deadline = Instant::now() + timeout;
        let mut inner = self.lock();
        while inner.is_empty() && !inner.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            inner = self.filled.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        std::iter::from_fn(|| inner.pop()).take(max).collect()
    }

    /// Whether thousands of verdicts will find a place, whatever they say.
    pub(crate) fn has_room(&self) -> bool {
        let inner = self.lock();
        inner.others.len() <= MAX_OTHERS / 2 && inner.metadata_size <= MAX_METADATA_SIZE / 2
    }

    /// Whether [`EventQueue::close`] was called.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Counters by name.
    pub(crate) fn counters(&self) -> [(&'static str, u64); 3] {
        let inner = self.lock();
        let queued = (inner.new.len() + inner.others.len()) as u64;
        [
            ("events_queued", queued),
            ("events_dropped_new", inner.dropped_new),
            ("events_dropped_other", inner.dropped_others),
        ]
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn is_empty(&self) -> bool {
        self.new.is_empty() && self.others.is_empty()
    }

    fn push(&mut self, event: OwnedEvent) {
        let (queue, max, dropped) = match event.kind {
            EventKind::New => (&mut self.new, MAX_NEW, &mut self.dropped_new),
            EventKind::Verdict | EventKind::Ended(_) => (&mut self.others, MAX_OTHERS, &mut self.dropped_others),
        };
        let size = self.metadata_size.saturating_add(event.metadata_size());
        if queue.len() < max && size <= MAX_METADATA_SIZE {
            self.metadata_size = size;
            queue.push_back((self.next_number, event));
            self.next_number += 1;
        } else {
            *dropped += 1;
        }
    }

    fn pop(&mut self) -> Option<OwnedEvent> {
        let first_is_new = match (self.new.front(), self.others.front()) {
            (Some((new, _)), Some((other, _))) => new < other,
            (new, _) => new.is_some(),
        };
        let queue = if first_is_new { &mut self.new } else { &mut self.others };
        let (_, event) = queue.pop_front()?;
        self.metadata_size = self.metadata_size.saturating_sub(event.metadata_size());
        Some(event)
    }
}
