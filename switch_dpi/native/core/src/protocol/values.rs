//! Values as findings hold them: headers of a few bytes, the text of all values in one string, and what is no text apart.

/// A metadata value, for keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text, UTF-8; bytes that are not are replaced.
    Text(String),
    /// A number.
    Uint(u64),
    /// Anything else.
    Bytes(Vec<u8>),
}

/// A metadata value where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field<'a> {
    /// See [`Value::Text`].
    Text(&'a str),
    /// See [`Value::Uint`].
    Uint(u64),
    /// See [`Value::Bytes`].
    Bytes(&'a [u8]),
}

impl Field<'_> {
    /// A copy.
    #[must_use]
    pub fn to_value(self) -> Value {
        match self {
            Field::Text(text) => Value::Text(text.to_owned()),
            Field::Uint(number) => Value::Uint(number),
            Field::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
        }
    }
}

/// A piece of what was found; empty stands for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    size: u16,
}

impl Span {
    /// Whether it is of no bytes.
    pub(super) fn is_empty(self) -> bool {
        self.size == 0
    }
}

/// Names that are no value have this id.
pub(super) const NAME: u16 = 0;
pub(super) const TEXT: u8 = 0;
pub(super) const UINT: u8 = 1;
pub(super) const BYTES: u8 = 2;
/// A number that stands in the header itself.
pub(super) const SMALL_UINT: u8 = 3;
/// Of a header's 56 bits, 16 are the id, 2 the kind, and these the size or the small number.
const NUMBER_BITS: u32 = 38;
/// Numbers below this stand in the header.
pub(super) const MAX_SMALL_UINT: u64 = 1 << NUMBER_BITS;
/// A header as it is kept: seven bits a byte.
pub(super) const HEADER_SIZE: usize = 8;
/// The size of all headers.
pub(super) const COUNT_SIZE: usize = 2;

const SEVEN_BITS: u8 = 0x7f;

/// What stands before a value, or for a small number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Header(u64);

impl Header {
    /// `number` is the value's size, or the value itself.
    pub fn new(id: u16, kind: u8, number: u64) -> Self {
        Self(u64::from(id) << (NUMBER_BITS + 2) | u64::from(kind) << NUMBER_BITS | number)
    }

    /// The bits, seven a byte: halves, quarters and eighths of them are moved apart.
    pub fn to_bytes(self) -> [u8; HEADER_SIZE] {
        let halves = self.0 & 0x0fff_ffff | (self.0 & 0x00ff_ffff_f000_0000) << 4;
        let quarters = halves & 0x0000_3fff_0000_3fff | (halves & 0x0fff_c000_0fff_c000) << 2;
        (quarters & 0x007f_007f_007f_007f | (quarters & 0x3f80_3f80_3f80_3f80) << 1).to_le_bytes()
    }

    pub fn from_bytes(bytes: [u8; HEADER_SIZE]) -> Self {
        let eighths = u64::from_le_bytes(bytes);
        let quarters = eighths & 0x007f_007f_007f_007f | (eighths & 0x7f00_7f00_7f00_7f00) >> 1;
        let halves = quarters & 0x0000_3fff_0000_3fff | (quarters & 0x3fff_0000_3fff_0000) >> 2;
        Self(halves & 0x0fff_ffff | (halves & 0x0fff_ffff_0000_0000) >> 4)
    }

    pub fn id(self) -> u16 {
        (self.0 >> (NUMBER_BITS + 2)) as u16
    }

    pub fn kind(self) -> u8 {
        (self.0 >> NUMBER_BITS) as u8 & 0b11
    }

    pub fn number(self) -> u64 {
        self.0 & (MAX_SMALL_UINT - 1)
    }

    /// The size of the value behind it.
    pub fn size(self) -> usize {
        if self.kind() == SMALL_UINT { 0 } else { self.number() as usize }
    }

    /// One bit of sixty-four; headers share them.
    pub fn mark(self) -> u64 {
        1 << (self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) // 2^64 divided by the golden ratio: every bit counts
    }
}

/// Sixty-four bits, seven a character.
pub(super) const UINT_SIZE: usize = 10;

/// A number, seven bits a character, without those in front that are zero.
pub(super) fn digits(number: u64, buffer: &mut [u8; UINT_SIZE]) -> &str {
    let mut start = UINT_SIZE;
    let mut rest = number;
    for place in buffer.iter_mut().rev() {
        *place = rest as u8 & SEVEN_BITS;
        start -= 1;
        rest >>= 7;
        if rest == 0 {
            break;
        }
    }
    buffer.get(start..).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or_default()
}

fn number_of(digits: &str) -> u64 {
    digits.bytes().fold(0, |number, digit| number << 7 | u64::from(digit))
}

pub(super) fn span(start: usize, size: usize) -> Span {
    Span { start: u32::try_from(start).unwrap_or(u32::MAX), size: u16::try_from(size).unwrap_or(u16::MAX) }
}

/// What was found in a flow, as it is kept until the flow ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The size of the headers, the headers, the text.
    data: Box<str>,
    blobs: Option<Box<Box<[u8]>>>,
    host: Span,
}

impl Kept {
    pub(super) fn new(headers: &[u8], text: &str, blobs: &[u8], host: Span) -> Self {
        let headers = std::str::from_utf8(headers).unwrap_or_default(); // they are ASCII
        let [high, low] = [headers.len() >> 7, headers.len()].map(|bits| char::from(bits as u8 & SEVEN_BITS));
        let mut data = String::with_capacity(COUNT_SIZE + headers.len() + text.len());
        data.push(high);
        data.push(low);
        data.push_str(headers);
        data.push_str(text);
        let blobs = (!blobs.is_empty()).then(|| Box::new(blobs.into()));
        Self { data: data.into_boxed_str(), blobs, host }
    }

    /// See [`crate::protocol::Findings::host`].
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        text_at(self.entries().text, self.host)
    }

    /// See [`crate::protocol::Findings::fields`].
    #[must_use]
    pub fn fields(&self) -> Fields<'_> {
        Fields { entries: self.entries(), blobs: self.blobs.as_ref().map_or(&[], |blobs| blobs) }
    }

    /// See [`crate::protocol::Findings::size`].
    #[must_use]
    pub fn size(&self) -> usize {
        self.data.len() + self.blobs.as_ref().map_or(0, |blobs| blobs.len())
    }

    /// Reads something of each line of the cache that it lies in, about.
    pub(crate) fn touch(&self) -> u64 {
        self.data.as_bytes().iter().step_by(64).copied().map(u64::from).sum()
    }

    fn entries(&self) -> Entries<'_> {
        let size =
            self.data.as_bytes().first_chunk().map_or(0, |[high, low]| usize::from(*high) << 7 | usize::from(*low));
        let behind = self.data.get(COUNT_SIZE..).unwrap_or_default();
        let (headers, text) = behind.split_at_checked(size).unwrap_or_default();
        Entries { headers: headers.as_bytes(), text }
    }
}

pub(super) fn text_at(data: &str, Span { start, size }: Span) -> Option<&str> {
    let start = start as usize;
    data.get(start..start + usize::from(size)).filter(|text| !text.is_empty())
}

pub(super) struct Entry<'a> {
    pub header: Header,
    /// Empty for a small number.
    pub text: &'a str,
}

/// What is left to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entries<'a> {
    pub headers: &'a [u8],
    pub text: &'a str,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (header, headers) = self.headers.split_first_chunk()?;
        let header = Header::from_bytes(*header);
        let (text, behind) = self.text.split_at_checked(header.size())?;
        (self.headers, self.text) = (headers, behind);
        Some(Entry { header, text })
    }
}

/// Values with the ids of their attributes, in the order of finding.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    pub(super) entries: Entries<'a>,
    pub(super) blobs: &'a [u8],
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u16, Field<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let Entry { header, text } = self.entries.find(|entry| entry.header.id() != NAME)?;
        let field = match header.kind() {
            TEXT => Field::Text(text),
            SMALL_UINT => Field::Uint(header.number()),
            kind => rare_field(kind, text, self.blobs),
        };
        Some((header.id(), field))
    }
}

#[cold]
fn rare_field<'a>(kind: u8, text: &str, blobs: &'a [u8]) -> Field<'a> {
    let number = number_of(text);
    if kind == UINT {
        return Field::Uint(number);
    }
    let (start, size) = ((number >> 16) as usize, (number & 0xffff) as usize);
    Field::Bytes(blobs.get(start..start + size).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_comes_back_from_seven_bits_a_byte() {
        for (id, kind, number) in
            [(0, 0, 0), (u16::MAX, 3, MAX_SMALL_UINT - 1), (0x1234, 2, 0x2a_5a5a_5a5a), (7, 1, 300)]
        {
            let header = Header::new(id, kind, number);
            assert!(header.to_bytes().is_ascii());
            let back = Header::from_bytes(header.to_bytes());
            assert_eq!((back.id(), back.kind(), back.number()), (id, kind, number));
        }
    }
}
