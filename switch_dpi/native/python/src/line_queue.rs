//! Lines between engines' threads and Python: bounded, with a counter for records that did not fit.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// About 100,000 records: some seconds of a reader that is slow.
const MAX_SIZE: usize = 64 << 20;

/// The queue.
#[derive(Default)]
pub(crate) struct LineQueue {
    inner: Mutex<Inner>,
    filled: Condvar,
}

#[derive(Default)]
struct Inner {
    text: String,
    lost: u64,
    closed: bool,
}

impl LineQueue {
    /// Adds `text`, which holds so many records, and wakes the reader.
    pub(crate) fn push(&self, text: &str, records: u64) {
        if text.is_empty() {
            return;
        }
        let mut inner = self.lock();
        if inner.text.len() + text.len() <= MAX_SIZE {
            inner.text.push_str(text);
        } else {
            inner.lost += records;
        }
        drop(inner);
        self.filled.notify_one();
    }

    /// Ends the waiting of readers, now and later.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    /// All that is there; waits until there is something.
    pub(crate) fn wait(&self, timeout: Duration) -> String {
        let deadline = Instant::now() + timeout;
        let mut inner = self.lock();
        while inner.text.is_empty() && !inner.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            inner = self.filled.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        std::mem::take(&mut inner.text)
    }

    /// Whether [`LineQueue::close`] was called.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Records that did not fit.
    pub(crate) fn lost(&self) -> u64 {
        self.lock().lost
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted_and_the_rest_comes_whole() {
        let (queue, half) = (LineQueue::default(), "x".repeat(MAX_SIZE / 2));
        for _ in 0..3 {
            queue.push(&half, 7);
        }
        assert_eq!(queue.wait(Duration::ZERO).len(), MAX_SIZE);
        assert_eq!((queue.lost(), queue.wait(Duration::ZERO).len()), (7, 0));
    }

    #[test]
    fn a_closed_queue_gives_what_it_has_and_lets_nobody_wait() {
        let queue = LineQueue::default();
        queue.push("line\n", 1);
        queue.close();
        assert_eq!(queue.wait(Duration::from_secs(3600)), "line\n");
        assert!(queue.is_closed());
    }
}
