//! A fuzzer's bytes, read as choices: what is missing reads as zero.

/// Reads from the front.
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// From the first byte on.
    #[must_use]
    pub const fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    /// One byte.
    pub fn u8(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    /// Two bytes, big-endian.
    pub fn u16(&mut self) -> u16 {
        u16::from_be_bytes([self.u8(), self.u8()])
    }

    /// The next `size` bytes, or as many as there are.
    pub fn take(&mut self, size: usize) -> &'a [u8] {
        let (head, tail) = self.0.split_at(size.min(self.0.len()));
        self.0 = tail;
        head
    }

    /// The next bytes, as many as two bytes before them say.
    pub fn sized(&mut self) -> &'a [u8] {
        let size = self.u16();
        self.take(size.into())
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        self.take(self.0.len())
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
