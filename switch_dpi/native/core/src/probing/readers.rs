//! Inspectors for protocols whose metadata one function can read.

use crate::protocol::{Findings, Inspector, Progress, Sample};

/// Shows the first datagrams of a flow, whichever end sends them, to one function.
pub struct DatagramReader {
    read: fn(&[u8], &mut Findings),
    left: u8,
}

impl DatagramReader {
    /// For `count` datagrams.
    #[must_use]
    pub fn boxed(read: fn(&[u8], &mut Findings), count: u8) -> Box<dyn Inspector> {
        Box::new(Self { read, left: count })
    }
}

impl Inspector for DatagramReader {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        self.left = self.left.saturating_sub(1);
        (self.read)(sample.data, found);
        if self.left == 0 { Progress::Done } else { Progress::Settled }
    }
}

/// Shows each direction of a stream, from its first byte each time that it has grown, to one function, until the direction has
/// `limit` bytes. The function reports only what later bytes cannot change; the same value twice counts once.
pub struct StreamReader {
    read: fn(&Sample<'_>, &mut Findings),
    limit: usize,
}

impl StreamReader {
    /// For as long as `read` may learn something.
    #[must_use]
    pub fn boxed(read: fn(&Sample<'_>, &mut Findings), limit: usize) -> Box<dyn Inspector> {
        Box::new(Self { read, limit })
    }
}

impl Inspector for StreamReader {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let kept = sample.data.get(..self.limit).unwrap_or(sample.data);
        (self.read)(&Sample { data: kept, ..*sample }, found);
        let is_full = sample.data.len() >= self.limit && (sample.other.len() >= self.limit || sample.other.is_empty());
        if is_full { Progress::Done } else { Progress::Settled }
    }
}

/// An inspector without memory: it reads each sample anew, and findings that are there already are not added again. Of a
/// stream it may only tell what is complete.
pub struct Reading(pub fn(&Sample<'_>, &mut Findings) -> Progress);

impl Inspector for Reading {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        (self.0)(sample, found)
    }
}
