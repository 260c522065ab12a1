//! A pattern: how the message of one direction looks, and maybe how the other direction's first message does.

use super::shape::{Extent, Fit, Shape};
use crate::protocol::{Direction, Evidence, MAX_PREVIOUS, Sample, Transport};

/// One of a protocol's alternatives.
#[derive(Debug)]
pub(super) struct Pattern {
    /// Who sends `first`; `None`: whoever.
    pub direction: Option<Direction>,
    pub transports: Vec<Transport>,
    pub first: Shape,
    /// How the other direction begins.
    pub next: Option<Shape>,
    /// In a stream, and of a datagram.
    pub confidence: [u8; 2],
}

impl Pattern {
    /// Whether what both ends have sent so far fits.
    pub fn fit(&self, sample: &Sample<'_>) -> Fit {
        if !self.transports.contains(&sample.transport) {
            return Fit::No;
        }
        let Some(next) = &self.next else { return self.fit_alone(sample) };
        let (back, back_extent) = reverse(sample);
        let forth_extent = if sample.transport.is_stream() { Extent::Growing } else { Extent::Whole };
        let is_first = self.direction.is_none_or(|direction| direction == sample.direction);
        let is_next = self.direction.is_none_or(|direction| direction != sample.direction);
        let asked = |shape: &Shape| if back.is_empty() { Fit::More } else { shape.fit(back, back_extent) };
        let as_first = if is_first { self.first.fit(sample.data, forth_extent).min(asked(next)) } else { Fit::No };
        let as_next = if is_next { next.fit(sample.data, forth_extent).min(asked(&self.first)) } else { Fit::No };
        as_first.max(as_next)
    }

    /// Why it fits.
    pub fn evidence(&self, what: &'static str, sample: &Sample<'_>) -> Evidence {
        let [stream, datagram] = self.confidence;
        let size = u16::try_from(self.first.end()).unwrap_or(u16::MAX);
        Evidence { confidence: if sample.transport.is_stream() { stream } else { datagram }, what, offset: 0, size }
    }

    /// Whether a message of either direction may begin with `byte` without being refused.
    pub fn may_begin_with(&self, transport: Transport, byte: u8) -> bool {
        self.transports.contains(&transport)
            && (self.is_blind()
                || self.first.may_begin_with(byte)
                || self.next.as_ref().is_some_and(|next| next.may_begin_with(byte)))
    }

    /// How many bits of the two messages it fixes.
    pub fn fixed_bits(&self, is_stream: bool) -> u32 {
        self.first.fixed_bits(is_stream) + self.next.as_ref().map_or(0, |next| next.fixed_bits(is_stream))
    }

    /// Bytes of its tables.
    pub fn memory_size(&self) -> usize {
        self.first.memory_size() + self.next.as_ref().map_or(0, Shape::memory_size)
    }

    /// Whether anything may come from the originator before the responder's message is seen.
    fn is_blind(&self) -> bool {
        self.next.is_none() && self.direction == Some(Direction::Responder)
    }

    fn fit_alone(&self, sample: &Sample<'_>) -> Fit {
        let extent = if sample.transport.is_stream() { Extent::Growing } else { Extent::Whole };
        match self.direction {
            Some(direction) if direction != sample.direction => {
                if self.is_blind() {
                    Fit::More
                } else {
                    Fit::No
                }
            }
            _ => self.first.fit(sample.data, extent),
        }
    }
}

/// What the other end has sent: all of its stream, or the beginning of its last datagram, which was looked at when it came.
pub(super) fn reverse<'a>(sample: &Sample<'a>) -> (&'a [u8], Extent) {
    if sample.transport.is_stream() {
        return (sample.other, Extent::Growing);
    }
    (sample.reverse, if sample.reverse.len() < MAX_PREVIOUS { Extent::Whole } else { Extent::Cut })
}
