//! Reads the beginning of a payload field by field, for probes: a field that contradicts the protocol refuses at once, and
//! one that is missing asks for more of a stream and refuses a datagram.

use crate::bytes::Reader;
use crate::protocol::{Direction, Evidence, Example, Probe, Sample, Transport};

/// A field, or the answer of the probe that could not read it.
pub type Checked<T> = Result<T, Probe>;
/// Confidence and what was recognised.
pub type Recognised = Checked<(u8, &'static str)>;
/// One form that a protocol's payload can have.
pub type Form = for<'a> fn(&mut Checker<'a>) -> Recognised;

/// Tries each form: the first that fits is the answer; one that wants more is waited for.
#[must_use]
pub fn any_form(sample: &Sample<'_>, forms: &[Form]) -> Probe {
    let mut answer = Probe::No;
    for form in forms {
        let mut checker = Checker::new(*sample);
        match form(&mut checker) {
            Ok((confidence, what)) => return matched(confidence, what, checker.position()),
            Err(Probe::NeedMore) => answer = Probe::NeedMore,
            Err(_) => {}
        }
    }
    answer
}

/// A match of the first `size` bytes.
#[must_use]
pub fn matched(confidence: u8, what: &'static str, size: usize) -> Probe {
    Probe::Match(Evidence { confidence, what, offset: 0, size: u16::try_from(size).unwrap_or(u16::MAX) })
}

/// Refuses where `holds` is false.
pub const fn require(holds: bool) -> Checked<()> {
    if holds { Ok(()) } else { Err(Probe::No) }
}

/// A cursor over a sample: every read gives [`Probe::No`] or [`Probe::NeedMore`] where it cannot be done.
#[derive(Clone, Copy, Debug)]
pub struct Checker<'a> {
    /// What is read.
    pub sample: Sample<'a>,
    reader: Reader<'a>,
}

impl<'a> Checker<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub const fn new(sample: Sample<'a>) -> Self {
        Self { sample, reader: Reader::new(sample.data) }
    }

    /// Starts at the first byte of what the other end sent: the whole stream, or its last datagram's first bytes.
    #[must_use]
    pub fn of_peer(&self) -> Checker<'a> {
        let Sample { data, other, reverse, direction, .. } = self.sample;
        let (theirs, ours) = if self.sample.transport.is_stream() { (other, data) } else { (reverse, data) };
        Checker::new(Sample {
            data: theirs,
            other: ours,
            reverse: ours,
            direction: direction.opposite(),
            ..self.sample
        })
    }

    /// What has not been read.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.reader.rest()
    }

    /// How many bytes have been read.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.sample.data.len().saturating_sub(self.reader.rest().len())
    }

    /// Whether one of the two ends has this port.
    #[must_use]
    pub const fn is_at_port(&self, port: u16) -> bool {
        self.sample.originator_port == port || self.sample.responder_port == port
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
        let byte = self.u8()?;
        require(bytes.contains(&byte))?;
        Ok(byte)
    }

    /// One byte within these bounds, both included.
    pub fn within(&mut self, least: u8, most: u8) -> Checked<u8> {
        let byte = self.u8()?;
        require((least..=most).contains(&byte))?;
        Ok(byte)
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
}

/// Visible ASCII or a space.
#[must_use]
pub const fn is_visible(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

/// An example of a stream's originator.
#[must_use]
pub const fn client(title: &'static str, data: &'static [u8]) -> Example {
    Example { title, transport: Transport::Tcp, direction: Direction::Originator, data, expect: &[] }
}

/// An example of a stream's responder.
#[must_use]
pub const fn server(title: &'static str, data: &'static [u8]) -> Example {
    Example { title, transport: Transport::Tcp, direction: Direction::Responder, data, expect: &[] }
}

/// An example of a datagram from the originator.
#[must_use]
pub const fn query(title: &'static str, data: &'static [u8]) -> Example {
    Example { title, transport: Transport::Udp, direction: Direction::Originator, data, expect: &[] }
}

/// An example of a datagram from the responder.
#[must_use]
pub const fn reply(title: &'static str, data: &'static [u8]) -> Example {
    Example { title, transport: Transport::Udp, direction: Direction::Responder, data, expect: &[] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(data: &[u8]) -> Checker<'_> {
        Checker::new(Sample { data, ..Sample::EMPTY })
    }

    #[test]
    fn what_is_missing_is_wanted_of_a_stream_and_refuses_a_datagram() {
        assert_eq!(stream(b"AB").literal(b"ABC"), Err(Probe::NeedMore));
        assert_eq!(stream(b"AX").literal(b"ABC"), Err(Probe::No));
        let sample = Sample { transport: Transport::Udp, data: b"AB", ..Sample::EMPTY };
        assert_eq!(Checker::new(sample).literal(b"ABC"), Err(Probe::No));
    }

    #[test]
    fn the_first_of_several_that_fits_is_taken() {
        let mut checker = stream(b"STATUS ok\r\nrest");
        assert_eq!(checker.any_literal(&[b"STAT ", b"STATUS "]), Ok(1));
        assert_eq!(checker.line(10), Ok(&b"ok"[..]));
        assert_eq!(checker.position(), 11);
        assert_eq!(stream(b"ST").any_literal(&[b"STAT", b"X"]), Err(Probe::NeedMore));
    }

    #[test]
    fn text_has_a_bound_and_is_visible() {
        assert_eq!(stream(b"abc\0d").text_until(0, 3), Ok(&b"abc"[..]));
        assert_eq!(stream(b"abc").text_until(0, 2), Err(Probe::No));
        assert_eq!(stream(b"ab").text_until(0, 2), Err(Probe::NeedMore));
        assert_eq!(stream(b"a\x01b").text(9), Err(Probe::No));
    }
}
