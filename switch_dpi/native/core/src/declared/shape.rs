//! How a message looks: bytes at offsets, an expression, a length, its size.

use super::expression::{Expression, log2_ceil};
use super::raw::{Counted, Endian};

/// Whether a message looks as it should; the worst of several holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// It does not.
    No,
    /// So far.
    More,
    /// It does.
    Yes,
}

/// What is known of a message's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// More of the stream may come.
    Growing,
    /// A datagram, whole.
    Whole,
    /// The first bytes of a datagram that was looked at before.
    Cut,
}

impl Extent {
    /// What it means that a byte is not there.
    pub const fn missing(self) -> Fit {
        match self {
            Self::Growing => Fit::More,
            Self::Whole => Fit::No,
            Self::Cut => Fit::Yes,
        }
    }
}

/// Bytes at an offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// From the beginning; negative: from the end of a datagram.
    pub offset: i64,
    /// What stands there, masked.
    pub value: Vec<u8>,
    /// As long as `value`: which bits count.
    pub mask: Vec<u8>,
}

impl Mark {
    /// Compares what there is.
    pub fn fit(&self, data: &[u8], extent: Extent) -> Fit {
        let start = match usize::try_from(self.offset) {
            Ok(start) => start,
            Err(_) if extent == Extent::Cut => return Fit::Yes,
            Err(_) => match data.len().checked_sub(usize::try_from(-self.offset).unwrap_or(usize::MAX)) {
                Some(start) => start,
                None => return Fit::No,
            },
        };
        let there = data.get(start..).unwrap_or_default();
        let expected = self.value.iter().zip(&self.mask);
        if expected.zip(there).any(|((value, mask), byte)| byte & mask != *value) {
            return Fit::No;
        }
        if there.len() < self.value.len() { extent.missing() } else { Fit::Yes }
    }

    /// How many bits it fixes.
    pub fn fixed_bits(&self) -> u32 {
        self.mask.iter().map(|mask| mask.count_ones()).sum()
    }

    /// First byte behind it, counted from the beginning; 0 when it counts from the end.
    pub fn end(&self) -> usize {
        usize::try_from(self.offset).map_or(0, |start| start + self.value.len())
    }
}

/// A number in the message that says how long something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Length {
    pub offset: usize,
    pub size: usize,
    pub endian: Endian,
    /// Added to the number.
    pub adds: i64,
    pub of: Counted,
    /// In a stream, where the end cannot be seen, the number is at least this, and at most the next.
    pub bounds: (u64, u64),
}

/// An exact length of a datagram counts for so many bits at most: small numbers are what most bytes are.
const MAX_LENGTH_BITS: u32 = 16;

impl Length {
    fn fit(&self, data: &[u8], extent: Extent) -> Fit {
        let end = self.offset + self.size;
        let Some(bytes) = data.get(self.offset..end) else { return extent.missing() };
        let number = self.endian.number(bytes);
        let is_right = match extent {
            Extent::Growing => (self.bounds.0..=self.bounds.1).contains(&number),
            Extent::Cut => true,
            Extent::Whole => {
                let counted = match self.of {
                    Counted::Datagram => data.len(),
                    Counted::Rest => data.len() - end,
                };
                i64::try_from(number).ok().and_then(|number| number.checked_add(self.adds))
                    == i64::try_from(counted).ok()
            }
        };
        if is_right { Fit::Yes } else { Fit::No }
    }

    fn fixed_bits(&self, is_stream: bool) -> u32 {
        let bits = 8 * u32::try_from(self.size).unwrap_or(0);
        let values = self.bounds.1.saturating_sub(self.bounds.0).saturating_add(1);
        let free = log2_ceil(usize::try_from(values).unwrap_or(1 << 62).min(1 << 62));
        if is_stream { bits.saturating_sub(free) } else { bits.min(MAX_LENGTH_BITS) }
    }
}

/// All that is said of one message.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub marks: Vec<Mark>,
    pub expression: Option<Expression>,
    pub length: Option<Length>,
    /// Bytes at least.
    pub least_size: usize,
    /// Bytes of a datagram at most.
    pub most_size: Option<usize>,
}

impl Shape {
    /// Whether a message looks so.
    pub fn fit(&self, data: &[u8], extent: Extent) -> Fit {
        let mut fit = if data.len() < self.least_size { extent.missing() } else { Fit::Yes };
        if extent == Extent::Whole && self.most_size.is_some_and(|most| data.len() > most) {
            return Fit::No;
        }
        for mark in &self.marks {
            fit = fit.min(mark.fit(data, extent));
            if fit == Fit::No {
                return Fit::No;
            }
        }
        if let Some(length) = &self.length {
            fit = fit.min(length.fit(data, extent));
        }
        match &self.expression {
            Some(expression) if fit != Fit::No => fit.min(expression.fit(data, extent)),
            _ => fit,
        }
    }

    /// Whether a message that looks so may begin with `byte`.
    pub fn may_begin_with(&self, byte: u8) -> bool {
        let marks = self.marks.iter().filter(|mark| mark.offset == 0);
        let expression = self.expression.as_ref();
        marks.clone().all(|mark| mark.fit(&[byte], Extent::Growing) != Fit::No)
            && expression.is_none_or(|expression| expression.may_begin_with(byte))
    }

    /// How many bits of a message it fixes. An expression that sees marked bytes does not count beside them.
    pub fn fixed_bits(&self, is_stream: bool) -> u32 {
        let marks: u32 = self.marks.iter().map(Mark::fixed_bits).sum();
        let length = self.length.map_or(0, |length| length.fixed_bits(is_stream));
        match &self.expression {
            Some(expression) if expression.start() >= self.end() => marks + length + expression.fixed_bits,
            Some(expression) => marks.max(expression.fixed_bits) + length,
            None => marks + length,
        }
    }

    /// First byte behind the marks.
    pub fn end(&self) -> usize {
        self.marks.iter().map(Mark::end).max().unwrap_or(0)
    }

    /// Bytes of its tables.
    pub fn memory_size(&self) -> usize {
        self.expression.as_ref().map_or(0, Expression::memory_size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(offset: i64, value: &[u8]) -> Mark {
        Mark { offset, value: value.to_vec(), mask: vec![0xff; value.len()] }
    }

    #[test]
    fn bytes_are_compared_as_far_as_they_are_there() {
        let shape = Shape { marks: vec![mark(1, b"bc"), mark(-1, b"z")], ..Shape::default() };
        assert_eq!(shape.fit(b"abcz", Extent::Whole), Fit::Yes);
        assert_eq!(shape.fit(b"abcy", Extent::Whole), Fit::No);
        assert_eq!(shape.fit(b"", Extent::Whole), Fit::No);
        assert_eq!(shape.fit(b"abc", Extent::Cut), Fit::Yes);
        assert_eq!(mark(1, b"bc").fit(b"ab", Extent::Growing), Fit::More);
        assert_eq!(mark(1, b"bc").fit(b"ac", Extent::Growing), Fit::No);
        let masked = Mark { offset: 0, value: vec![0x40], mask: vec![0xf0] };
        assert_eq!((masked.fit(b"\x4f", Extent::Growing), masked.fixed_bits()), (Fit::Yes, 4));
    }

    #[test]
    fn a_length_is_exact_for_datagrams_and_bounded_for_streams() {
        let length =
            Length { offset: 0, size: 2, endian: Endian::Little, adds: -2, of: Counted::Rest, bounds: (4, 67) };
        let shape = Shape { length: Some(length), ..Shape::default() };
        assert_eq!(shape.fit(b"\x04\x00ab", Extent::Whole), Fit::Yes);
        assert_eq!(shape.fit(b"\x04\x00abc", Extent::Whole), Fit::No);
        assert_eq!(shape.fit(b"\x04\x00", Extent::Growing), Fit::Yes);
        assert_eq!(shape.fit(b"\x44\x00", Extent::Growing), Fit::No);
        assert_eq!((shape.fixed_bits(true), shape.fixed_bits(false)), (10, 16));
    }
}
