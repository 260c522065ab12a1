//! Where in a message a field's value stands.

use std::ops::Range;

use super::expression::{Expression, Found};
use super::raw::Endian;
use super::shape::{Extent, Fit};

/// Where a value stands.
#[derive(Debug)]
pub(super) enum Source {
    /// So many bytes at an offset.
    Fixed { offset: usize, size: usize },
    /// Behind its length, which stands at an offset.
    Prefixed { offset: usize, size: usize, endian: Endian, most: usize },
    /// From an offset to a delimiter; a datagram's end ends it too.
    Until { offset: usize, delimiter: Vec<u8>, most: usize },
    /// A group of an expression.
    Group { expression: Box<Expression>, group: usize },
}

impl Source {
    /// Finds the value.
    pub fn find(&self, data: &[u8], extent: Extent) -> Found {
        match self {
            Self::Fixed { offset, size } => within(data, *offset..offset + size, extent),
            Self::Prefixed { offset, size, endian, most } => {
                let start = offset + size;
                let Some(prefix) = data.get(*offset..start) else { return missing(extent) };
                match usize::try_from(endian.number(prefix)) {
                    Ok(length) if length <= *most => within(data, start..start + length, extent),
                    _ => Found::Nothing,
                }
            }
            Self::Until { offset, delimiter, most } => until(data, *offset, (delimiter, *most), extent),
            Self::Group { expression, group } => expression.find(data, extent, *group),
        }
    }

    /// Bytes of its tables.
    pub fn memory_size(&self) -> usize {
        if let Self::Group { expression, .. } = self { expression.memory_size() } else { 0 }
    }
}

/// What it means that a value is not there yet.
fn missing(extent: Extent) -> Found {
    if extent.missing() == Fit::More { Found::More } else { Found::Nothing }
}

fn within(data: &[u8], range: Range<usize>, extent: Extent) -> Found {
    if data.len() >= range.end { Found::At(range) } else { missing(extent) }
}

fn until(data: &[u8], offset: usize, (delimiter, most): (&[u8], usize), extent: Extent) -> Found {
    let Some(rest) = data.get(offset..) else { return missing(extent) };
    let seen = rest.get(..most + delimiter.len()).unwrap_or(rest);
    if let Some(size) = seen.windows(delimiter.len()).position(|window| window == delimiter) {
        return Found::At(offset..offset + size);
    }
    match extent {
        Extent::Whole if rest.len() <= most => Found::At(offset..data.len()),
        Extent::Growing if seen.len() < most + delimiter.len() => Found::More,
        _ => Found::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_at_offsets_behind_lengths_or_before_delimiters() {
        let fixed = Source::Fixed { offset: 2, size: 2 };
        assert_eq!(fixed.find(b"abcd", Extent::Growing), Found::At(2..4));
        assert_eq!(fixed.find(b"abc", Extent::Growing), Found::More);
        assert_eq!(fixed.find(b"abc", Extent::Whole), Found::Nothing);
        let prefixed = Source::Prefixed { offset: 0, size: 1, endian: Endian::Big, most: 9 };
        assert_eq!(prefixed.find(b"\x02abc", Extent::Growing), Found::At(1..3));
        assert_eq!(prefixed.find(b"\x0aabc", Extent::Growing), Found::Nothing);
        let until = Source::Until { offset: 1, delimiter: b"\r\n".to_vec(), most: 4 };
        assert_eq!(until.find(b"abc\r\nd", Extent::Growing), Found::At(1..3));
        assert_eq!(until.find(b"abc\r", Extent::Growing), Found::More);
        assert_eq!(until.find(b"abc", Extent::Whole), Found::At(1..3));
        assert_eq!(until.find(b"abcdefghi", Extent::Growing), Found::Nothing);
    }
}
