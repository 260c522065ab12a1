//! Reads the beginning of a payload field by field, for probes: a field that contradicts the protocol refuses at once, and
//! one that is missing asks for more of a stream and refuses a datagram.

use crate::bytes::Reader;
use crate::probing::answers::{Verdict, matched};
use crate::protocol::{Probe, Sample, Transport};

/// A field, or the answer of the probe that could not read it.
pub type Checked<T> = Result<T, Probe>;
/// Confidence and what was recognised.
pub type Recognised = Checked<(u8, &'static str)>;
/// One form that a protocol's payload can have.
pub type Form = for<'a> fn(&mut Cursor<'a>) -> Recognised;

/// Tries each form: the first that fits is the answer; one that wants more is waited for.
#[must_use]
pub fn any_form(sample: &Sample<'_>, forms: &[Form]) -> Probe {
    let mut answer = Probe::No;
    for form in forms {
        let mut cursor = Cursor::of(sample);
        match form(&mut cursor) {
            Ok((confidence, what)) => return matched(confidence, what, cursor.position()),
            Err(Probe::NeedMore) => answer = Probe::NeedMore,
            Err(_) => {}
        }
    }
    answer
}

/// Refuses where `holds` is false.
pub const fn require(holds: bool) -> Checked<()> {
    if holds { Ok(()) } else { Err(Probe::No) }
}

/// A cursor over a sample: every read gives [`Probe::No`] or [`Probe::NeedMore`] where it cannot be done.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    /// What is read.
    pub sample: Sample<'a>,
    reader: Reader<'a>,
}

impl<'a> Cursor<'a> {
    /// Starts at the first byte of what the sample shows.
    #[must_use]
    pub const fn of(sample: &Sample<'a>) -> Self {
        Self { sample: *sample, reader: Reader::new(sample.data) }
    }

    /// Over bytes that are all there are: a field that is missing refuses.
    #[must_use]
    pub const fn whole(data: &'a [u8]) -> Self {
        Self::of(&Sample { data, transport: Transport::Udp, ..Sample::EMPTY })
    }

    /// Over bytes that others may follow: a field that is missing is waited for.
    #[must_use]
    pub const fn growing(data: &'a [u8]) -> Self {
        Self::of(&Sample { data, transport: Transport::Tcp, ..Sample::EMPTY })
    }

    /// Starts at the first byte of what the other end sent: the whole stream, or its last datagram's first bytes.
    #[must_use]
    pub fn of_peer(&self) -> Cursor<'a> {
        let Sample { data, other, reverse, direction, .. } = self.sample;
        let (theirs, ours) = if self.sample.transport.is_stream() { (other, data) } else { (reverse, data) };
        Cursor::of(&Sample { data: theirs, other: ours, reverse: ours, direction: direction.opposite(), ..self.sample })
    }

    /// What has not been read.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.reader.rest()
    }

    /// How many bytes there are in all, read or not.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.sample.data.len()
    }

    /// How many bytes have been read.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.size().saturating_sub(self.reader.rest().len())
    }

    /// What is missing may still come in a stream.
    pub fn missing<T>(&self) -> Checked<T> {
        Err(if self.sample.transport.is_stream() { Probe::NeedMore } else { Probe::No })
    }

    /// The next `size` bytes.
    pub fn take(&mut self, size: usize) -> Checked<&'a [u8]> {
        let taken = self.reader.take(size);
        taken.map_or_else(|| self.missing(), Ok)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Checked<[u8; N]> {
        let taken = self.reader.array();
        taken.map_or_else(|| self.missing(), Ok)
    }

    /// One byte.
    pub fn u8(&mut self) -> Checked<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// Two bytes, big-endian.
    pub fn u16(&mut self) -> Checked<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// Three bytes, big-endian.
    pub fn u24(&mut self) -> Checked<u32> {
        self.array().map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]))
    }

    /// Four bytes, big-endian.
    pub fn u32(&mut self) -> Checked<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// Eight bytes, big-endian.
    pub fn u64(&mut self) -> Checked<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// Two bytes, little-endian.
    pub fn u16_le(&mut self) -> Checked<u16> {
        self.array().map(u16::from_le_bytes)
    }

    /// Four bytes, little-endian.
    pub fn u32_le(&mut self) -> Checked<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// One byte, which must be one of these.
    pub fn one_of(&mut self, bytes: &[u8]) -> Checked<u8> {
        self.byte(|byte| bytes.contains(&byte))
    }

    /// One byte that `fits`.
    pub fn byte(&mut self, fits: impl FnOnce(u8) -> bool) -> Checked<u8> {
        let byte = self.u8()?;
        require(fits(byte)).map(|()| byte)
    }

    /// One byte within these bounds, both included.
    pub fn within(&mut self, least: u8, most: u8) -> Checked<u8> {
        self.byte(|byte| (least..=most).contains(&byte))
    }

    /// These bytes and no others; what is there of them is compared.
    pub fn literal(&mut self, wanted: &[u8]) -> Checked<()> {
        let known = self.rest().len().min(wanted.len());
        require(self.rest().get(..known) == wanted.get(..known))?;
        self.take(wanted.len()).map(|_| ())
    }

    /// One of these byte strings, letters as they are; says which. Of two that begin alike the longer must stand first.
    pub fn any_literal(&mut self, choices: &[&[u8]]) -> Checked<usize> {
        let mut answer = Probe::No;
        for (index, choice) in choices.iter().enumerate() {
            let mut ahead = *self;
            match ahead.literal(choice) {
                Ok(()) => {
                    *self = ahead;
                    return Ok(index);
                }
                Err(Probe::NeedMore) => answer = Probe::NeedMore,
                Err(_) => {}
            }
        }
        Err(answer)
    }

    /// The next `size` bytes, of which those that are there must all please `allows`.
    pub fn all(&mut self, size: usize, allows: fn(u8) -> bool) -> Checked<&'a [u8]> {
        let known = self.rest().len().min(size);
        require(self.rest().iter().take(known).all(|byte| allows(*byte)))?;
        self.take(size)
    }

    /// `size` zero bytes.
    pub fn zeros(&mut self, size: usize) -> Checked<()> {
        self.all(size, |byte| byte == 0).map(|_| ())
    }

    /// `size` bytes of visible ASCII or spaces.
    pub fn text(&mut self, size: usize) -> Checked<&'a [u8]> {
        self.all(size, is_visible)
    }

    /// Visible ASCII up to `end` (which is skipped), at most `max_size` bytes before it.
    pub fn text_until(&mut self, end: u8, max_size: usize) -> Checked<&'a [u8]> {
        let rest = self.rest();
        let size = rest.iter().position(|byte| *byte == end);
        let text = rest.get(..size.unwrap_or(rest.len())).unwrap_or_default();
        require(text.len() <= max_size && text.iter().all(|byte| is_visible(*byte)))?;
        self.take(text.len())?;
        self.u8()?;
        Ok(text)
    }

    /// A line of visible ASCII, without its CR LF or LF, of at most `max_size` bytes.
    pub fn line(&mut self, max_size: usize) -> Checked<&'a [u8]> {
        let rest = self.rest();
        let size = rest.iter().position(|byte| *byte == b'\n');
        let line = rest.get(..size.unwrap_or(rest.len())).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        require(line.len() <= max_size && line.iter().all(|byte| is_visible(*byte) || *byte == b'\t'))?;
        self.take(size.unwrap_or(rest.len()))?;
        self.u8()?;
        Ok(line)
    }

    /// A match by all that has been read.
    pub fn matched(&self, confidence: u8, what: &'static str) -> Verdict {
        Ok(matched(confidence, what, self.position()))
    }
}

/// Visible ASCII or a space.
#[must_use]
pub const fn is_visible(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probing::answers::answer;

    fn stream(data: &[u8]) -> Cursor<'_> {
        Cursor::of(&Sample { data, ..Sample::EMPTY })
    }

    #[test]
    fn what_is_missing_is_wanted_of_a_stream_and_refuses_a_datagram() {
        assert_eq!(stream(b"AB").literal(b"ABC"), Err(Probe::NeedMore));
        assert_eq!(stream(b"AX").literal(b"ABC"), Err(Probe::No));
        let sample = Sample { transport: Transport::Udp, data: b"AB", ..Sample::EMPTY };
        assert_eq!(Cursor::of(&sample).literal(b"ABC"), Err(Probe::No));
    }

    #[test]
    fn the_first_of_several_that_fits_is_taken() {
        let mut cursor = stream(b"STATUS ok\r\nrest");
        assert_eq!(cursor.any_literal(&[b"STAT ", b"STATUS "]), Ok(1));
        assert_eq!(cursor.line(10), Ok(&b"ok"[..]));
        assert_eq!(cursor.position(), 11);
        assert_eq!(stream(b"ST").any_literal(&[b"STAT", b"X"]), Err(Probe::NeedMore));
    }

    #[test]
    fn text_has_a_bound_and_is_visible() {
        assert_eq!(stream(b"abc\0d").text_until(0, 3), Ok(&b"abc"[..]));
        assert_eq!(stream(b"abc").text_until(0, 2), Err(Probe::No));
        assert_eq!(stream(b"ab").text_until(0, 2), Err(Probe::NeedMore));
        assert_eq!(stream(b"a\x01b").text(9), Err(Probe::No));
    }

    fn judge(sample: &Sample<'_>) -> Probe {
        answer((|| {
            let mut cursor = Cursor::of(sample);
            cursor.literal(b"AB")?;
            let size = usize::from(cursor.u16_le()?);
            cursor.byte(|byte| byte < 9)?;
            require(size == 5)?;
            cursor.matched(70, "AB")
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
