//! Reads a byte source in large pieces and hands out whole records without copying them again.
#![forbid(unsafe_code)]

use std::io::{self, Read};
use std::ops::Range;

/// How much is read at once: large enough to make system calls rare, small enough to stay in a core's second-level cache.
const READ_SIZE: usize = 256 * 1024;

/// Bytes of a source between the reader's position and what was read ahead.
pub(crate) struct Buffer<R> {
    source: R,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    offset: u64,
}

impl<R: Read> Buffer<R> {
    /// Nothing is read yet.
    pub(crate) fn new(source: R) -> Self {
        Self { source, bytes: vec![0; READ_SIZE], start: 0, end: 0, offset: 0 }
    }

    /// Where in the source the next byte stands.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether all of the source has been taken; right after [`Self::peek`] or [`Self::take`] found too little.
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// The next `size` bytes, which stay; `None` when the source ends before.
    #[inline]
    pub(crate) fn peek(&mut self, size: usize) -> io::Result<Option<&[u8]>> {
        Ok(if self.fill(size)? { self.bytes.get(self.start..self.start + size) } else { None })
    }

    /// Takes the next `size` bytes; `None`, and nothing taken, when the source ends before. The range is valid for
    /// [`Self::bytes`] until the next call that may read.
    #[inline]
    pub(crate) fn take(&mut self, size: usize) -> io::Result<Option<Range<usize>>> {
        if !self.fill(size)? {
            return Ok(None);
        }
        let taken = self.start..self.start + size;
        self.start = taken.end;
        self.offset += size as u64;
        Ok(Some(taken))
    }

    /// Passes over `size` bytes without keeping them, however many; false when the source ends before.
    pub(crate) fn skip(&mut self, size: u64) -> io::Result<bool> {
        let mut left = size;
        while left > 0 {
            if self.is_empty() && !self.fill(1)? {
                return Ok(false);
            }
            let held = self.end - self.start;
            let step = usize::try_from(left).map_or(held, |left| left.min(held));
            self.start += step;
            self.offset += step as u64;
            left -= step as u64;
        }
        Ok(true)
    }

    /// Bytes that were taken.
    #[inline]
    pub(crate) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    #[inline]
    fn fill(&mut self, size: usize) -> io::Result<bool> {
        if self.end - self.start >= size { Ok(true) } else { self.read_until(size) }
    }

    #[cold]
    fn read_until(&mut self, size: usize) -> io::Result<bool> {
        self.bytes.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.bytes.len() < size {
            self.bytes.resize(size, 0);
        }
        while self.end < size {
            let free = self.bytes.get_mut(self.end..).unwrap_or_default();
            match self.source.read(free) {
                Ok(0) => return Ok(false),
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}

/// The order in which a file's writer put the bytes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    /// Number of 16 bits at `at`; `None` when `bytes` ends before.
    #[inline]
    pub(crate) fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let field = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u16::from_le_bytes(field),
            Self::Big => u16::from_be_bytes(field),
        })
    }

    /// Number of 32 bits at `at`; `None` when `bytes` ends before.
    #[inline]
    pub(crate) fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let field = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(field),
            Self::Big => u32::from_be_bytes(field),
        })
    }

    /// Number of 64 bits at `at`; `None` when `bytes` ends before.
    pub(crate) fn u64(self, bytes: &[u8], at: usize) -> Option<u64> {
        let field = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u64::from_le_bytes(field),
            Self::Big => u64::from_be_bytes(field),
        })
    }
}
