//! Fixed marks at known places: how games, peers and currencies mostly begin. Numbers are read where they stand; what does
//! not fit is `None`.

use crate::protocol::attributes::Attribute;
use crate::protocol::{Direction, Evidence, Example, Findings, Inspector, Probe, Progress, Sample, Transport};

/// How far bytes agree with a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// All of the form is there.
    Whole,
    /// All that has arrived fits, and more of the form must follow.
    Partial,
    /// They differ.
    No,
}

/// What one byte of a form may be.
#[derive(Clone, Copy, Debug)]
pub enum Byte {
    /// This value.
    Is(u8),
    /// A value from the first to the second, both included.
    In(u8, u8),
    /// Anything.
    Any,
}

impl Byte {
    const fn allows(self, byte: u8) -> bool {
        match self {
            Self::Is(value) => byte == value,
            Self::In(least, most) => least <= byte && byte <= most,
            Self::Any => true,
        }
    }
}

/// Whether `data` begins with `mark`.
#[must_use]
pub fn begins(data: &[u8], mark: &[u8]) -> Start {
    let known = data.len().min(mark.len());
    match data.get(..known) == mark.get(..known) {
        false => Start::No,
        true if known == mark.len() => Start::Whole,
        true => Start::Partial,
    }
}

/// Whether `data` begins as `form` wants it.
#[must_use]
pub fn fits(data: &[u8], form: &[Byte]) -> Start {
    match form.iter().zip(data).all(|(wanted, byte)| wanted.allows(*byte)) {
        false => Start::No,
        true if data.len() >= form.len() => Start::Whole,
        true => Start::Partial,
    }
}

/// The best of what `data` is to several marks.
#[must_use]
pub fn begins_any(data: &[u8], marks: &[&[u8]]) -> Start {
    let mut best = Start::No;
    for mark in marks {
        match begins(data, mark) {
            Start::Whole => return Start::Whole,
            Start::Partial => best = Start::Partial,
            Start::No => {}
        }
    }
    best
}

impl Start {
    /// As a probe of a stream answers: what is partial needs more.
    #[must_use]
    pub const fn stream(self, confidence: u8, what: &'static str, size: u16) -> Probe {
        match self {
            Self::Whole => matched(confidence, what, size),
            Self::Partial => Probe::NeedMore,
            Self::No => Probe::No,
        }
    }

    /// As a probe of a datagram answers: what is partial will not be completed.
    #[must_use]
    pub const fn datagram(self, confidence: u8, what: &'static str, size: u16) -> Probe {
        match self {
            Self::Whole => matched(confidence, what, size),
            Self::Partial | Self::No => Probe::No,
        }
    }
}

/// A match at the start of the payload.
#[must_use]
pub const fn matched(confidence: u8, what: &'static str, size: u16) -> Probe {
    Probe::Match(Evidence { confidence, what, offset: 0, size })
}

/// A match where `holds`.
#[must_use]
pub const fn matched_if(holds: bool, confidence: u8, what: &'static str, size: u16) -> Probe {
    if holds { matched(confidence, what, size) } else { Probe::No }
}

/// Whether these bytes stand at `offset`.
#[must_use]
pub fn has(data: &[u8], offset: usize, bytes: &[u8]) -> bool {
    data.get(offset..).is_some_and(|rest| rest.starts_with(bytes))
}

/// Where `wanted` first stands.
#[must_use]
pub fn find(data: &[u8], wanted: &[u8]) -> Option<usize> {
    data.windows(wanted.len().max(1)).position(|window| window == wanted)
}

/// One byte.
#[must_use]
pub fn u8_at(data: &[u8], offset: usize) -> Option<u8> {
    data.get(offset).copied()
}

/// Two bytes, big-endian.
#[must_use]
pub fn be16(data: &[u8], offset: usize) -> Option<u16> {
    chunk(data, offset).map(u16::from_be_bytes)
}

/// Four bytes, big-endian.
#[must_use]
pub fn be32(data: &[u8], offset: usize) -> Option<u32> {
    chunk(data, offset).map(u32::from_be_bytes)
}

/// Two bytes, little-endian.
#[must_use]
pub fn le16(data: &[u8], offset: usize) -> Option<u16> {
    chunk(data, offset).map(u16::from_le_bytes)
}

/// Four bytes, little-endian.
#[must_use]
pub fn le32(data: &[u8], offset: usize) -> Option<u32> {
    chunk(data, offset).map(u32::from_le_bytes)
}

fn chunk<const N: usize>(data: &[u8], offset: usize) -> Option<[u8; N]> {
    data.get(offset..)?.first_chunk().copied()
}

/// A number of a header as a size; what no memory holds becomes the largest.
#[must_use]
pub fn size_of_u32(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Text up to its NUL, and what follows the NUL.
#[must_use]
pub fn until_nul(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = data.iter().position(|byte| *byte == 0)?;
    Some((data.get(..end)?, data.get(end + 1..)?))
}

/// The text that is the value of `key` in JSON, wherever it first stands: for beacons and requests of one flat object. Text
/// with escapes is not for this.
#[must_use]
pub fn json_text<'a>(data: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let start = find(data, format!("\"{key}\"").as_bytes())?;
    let value = data.get(start + key.len() + 2..)?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let text = value.strip_prefix(b"\"")?;
    text.get(..text.iter().position(|byte| *byte == b'"')?)
}

/// The value of `key` among `\\key\\value\\key\\value…`, as the Quake engines and GameSpy write what they know.
#[must_use]
pub fn info_text<'a>(data: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let start = data.iter().position(|byte| *byte == b'\\')?;
    let mut words = data.get(start + 1..)?.split(|byte| matches!(byte, b'\\' | b'\n'));
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        if name.eq_ignore_ascii_case(key) {
            return Some(value);
        }
    }
    None
}

/// An inspector without memory: it reads each sample anew, and findings that are there already are not added again. Of a
/// stream it may only tell what is complete.
pub struct Reading(pub fn(&Sample<'_>, &mut Findings) -> Progress);

impl Inspector for Reading {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        (self.0)(sample, found)
    }
}

/// An example of a stream.
#[must_use]
pub const fn tcp(title: &'static str, direction: Direction, data: &'static [u8]) -> Example {
    Example { title, transport: Transport::Tcp, direction, data, expect: &[] }
}

/// An example of a datagram.
#[must_use]
pub const fn udp(title: &'static str, direction: Direction, data: &'static [u8]) -> Example {
    Example { title, transport: Transport::Udp, direction, data, expect: &[] }
}

/// The same example, of which these findings are expected.
#[must_use]
pub const fn telling(example: Example, expect: &'static [(Attribute, &'static str)]) -> Example {
    Example { expect, ..example }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_held_byte_by_byte() {
        let form = [Byte::Is(1), Byte::In(2, 4), Byte::Any];
        assert_eq!(fits(&[], &form), Start::Partial);
        assert_eq!(fits(&[1, 4], &form), Start::Partial);
        assert_eq!(fits(&[1, 5], &form), Start::No);
        assert_eq!(fits(&[1, 2, 99, 7], &form), Start::Whole);
        assert_eq!(begins_any(b"ab", &[b"abc", b"b"]), Start::Partial);
        assert_eq!(begins(b"abd", b"abc"), Start::No);
    }

    #[test]
    fn numbers_beyond_the_end_are_none() {
        assert_eq!((le16(&[1, 2, 3], 1), be16(&[1, 2, 3], 1)), (Some(0x0302), Some(0x0203)));
        assert_eq!((le32(&[1, 2, 3], 0), be32(&[0, 0, 1, 0, 9], 0)), (None, Some(256)));
        assert_eq!(
            (le16(&[1], 9), find(b"xab", b"ab"), until_nul(b"a\0b")),
            (None, Some(1), Some((&b"a"[..], &b"b"[..])))
        );
    }
}
