//! Judging a payload field by field, in the order of the format: the first field that does not fit ends it. What is missing
//! from a stream may still come; what is missing from a datagram never will.

use crate::bytes::Reader;
use crate::protocol::{Direction, Evidence, Example, Findings, Inspector, Probe, Progress, Sample, Transport};

/// What a field-by-field probe ends with: a match or a wish for more, or why the reading stopped.
pub type Verdict = Result<Probe, Probe>;

/// The answer of a field-by-field probe.
#[must_use]
pub fn answer(verdict: Verdict) -> Probe {
    verdict.unwrap_or_else(|stopped| stopped)
}

/// Goes on if `fits`.
///
/// # Errors
/// [`Probe::No`] if not.
pub const fn require(fits: bool) -> Result<(), Probe> {
    if fits { Ok(()) } else { Err(Probe::No) }
}

/// A match by the first `size` bytes.
#[must_use]
pub fn matched(confidence: u8, what: &'static str, size: usize) -> Probe {
    Probe::Match(Evidence { confidence, what, offset: 0, size: u16::try_from(size).unwrap_or(u16::MAX) })
}

/// Reads fields in order. Every read fails with what it means for the probe that there is no such field.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    reader: Reader<'a>,
    size: usize,
    missing: Probe,
}

impl<'a> Fields<'a> {
    /// Over the payload of a sample.
    #[must_use]
    pub const fn of(sample: &Sample<'a>) -> Self {
        let missing = if sample.transport.is_stream() { Probe::NeedMore } else { Probe::No };
        Self::new(sample.data, missing)
    }

    /// Over any bytes; `missing` is the answer when they end too early.
    #[must_use]
    pub const fn new(data: &'a [u8], missing: Probe) -> Self {
        Self { reader: Reader::new(data), size: data.len(), missing }
    }

    /// How many bytes there are in all, read or not.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// How many bytes have been read.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.size - self.reader.rest().len()
    }

    /// What has not been read.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.reader.rest()
    }

    /// The next `size` bytes.
    ///
    /// # Errors
    /// The answer to give when they are missing.
    pub fn take(&mut self, size: usize) -> Result<&'a [u8], Probe> {
        self.reader.take(size).ok_or(self.missing)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// As [`Fields::take`].
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Probe> {
        self.reader.array().ok_or(self.missing)
    }

    /// One byte.
    ///
    /// # Errors
    /// As [`Fields::take`].
    pub fn u8(&mut self) -> Result<u8, Probe> {
        self.reader.u8().ok_or(self.missing)
    }

    /// Two bytes, big-endian.
    ///
    /// # Errors
    /// As [`Fields::take`].
    pub fn u16(&mut self) -> Result<u16, Probe> {
        self.reader.u16().ok_or(self.missing)
    }

    /// Two bytes, little-endian.
    ///
    /// # Errors
    /// As [`Fields::take`].
    pub fn u16_le(&mut self) -> Result<u16, Probe> {
        self.array().map(u16::from_le_bytes)
    }

    /// Four bytes, big-endian.
    ///
    /// # Errors
    /// As [`Fields::take`].
    pub fn u32(&mut self) -> Result<u32, Probe> {
        self.reader.u32().ok_or(self.missing)
    }

    /// Four bytes, little-endian.
    ///
    /// # Errors
    /// As [`Fields::take`].
    pub fn u32_le(&mut self) -> Result<u32, Probe> {
        self.array().map(u32::from_le_bytes)
    }

    /// Exactly these bytes; a beginning of them is not refused while more may come.
    ///
    /// # Errors
    /// [`Probe::No`] for others, else as [`Fields::take`].
    pub fn expect(&mut self, bytes: &[u8]) -> Result<(), Probe> {
        let there = self.rest().get(..bytes.len()).unwrap_or(self.rest());
        require(bytes.starts_with(there))?;
        self.take(bytes.len()).map(drop)
    }

    /// One byte that `fits`.
    ///
    /// # Errors
    /// [`Probe::No`] for another, else as [`Fields::take`].
    pub fn byte(&mut self, fits: impl FnOnce(u8) -> bool) -> Result<u8, Probe> {
        let byte = self.u8()?;
        require(fits(byte)).map(|()| byte)
    }

    /// A match by everything read so far.
    ///
    /// # Errors
    /// None; the type is that of the other ends of a probe.
    pub fn matched(&self, confidence: u8, what: &'static str) -> Verdict {
        Ok(matched(confidence, what, self.position()))
    }
}

/// Looks at what an end has sent from its first byte on, each time more has come; the function adds whole values only.
pub struct Reread(pub fn(&Sample<'_>, &mut Findings) -> Progress);

impl Inspector for Reread {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        (self.0)(sample, found)
    }
}

/// Whether one end of the flow has this port: what may break a tie, and no more.
#[must_use]
pub fn is_at_port(sample: &Sample<'_>, ports: &[u16]) -> bool {
    ports.contains(&sample.responder_port) || ports.contains(&sample.originator_port)
}

/// An example that nothing is read of, from the end that opened the flow.
#[must_use]
pub const fn sent(title: &'static str, transport: Transport, data: &'static [u8]) -> Example {
    Example { title, transport, direction: Direction::Originator, data, expect: &[] }
}

/// An example that nothing is read of, from the other end.
#[must_use]
pub const fn answered(title: &'static str, transport: Transport, data: &'static [u8]) -> Example {
    Example { title, transport, direction: Direction::Responder, data, expect: &[] }
}

#[cfg(test)]
mod tests {
    use super::{Fields, Probe, Sample, Transport, answer, require};

    fn judge(sample: &Sample<'_>) -> Probe {
        answer((|| {
            let mut fields = Fields::of(sample);
            fields.expect(b"AB")?;
            let size = usize::from(fields.u16_le()?);
            fields.byte(|byte| byte < 9)?;
            require(size == 5)?;
            fields.matched(70, "AB")
        })())
    }

    #[test]
    fn a_stream_waits_and_a_datagram_does_not() {
        let stream = |data| judge(&Sample { data, ..Sample::EMPTY });
        let datagram = |data| judge(&Sample { data, transport: Transport::Udp, ..Sample::EMPTY });
        assert_eq!(stream(b"A"), Probe::NeedMore);
        assert_eq!(datagram(b"A"), Probe::No);
        assert_eq!(stream(b"AC"), Probe::No);
        assert_eq!(stream(b"AB\x05\x00"), Probe::NeedMore);
        assert!(matches!(datagram(b"AB\x05\x00\x08"), Probe::Match(evidence) if evidence.size == 5));
        assert_eq!(datagram(b"AB\x05\x00\x09"), Probe::No);
        assert_eq!(stream(b"AB\x04\x00\x01"), Probe::No);
    }
}
