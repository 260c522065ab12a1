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

/// Names that are no value have this id.
pub(super) const NAME: u16 = 0;
pub(super) const TEXT: u8 = 0;
pub(super) const UINT: u8 = 1;
pub(super) const BYTES: u8 = 2;
/// An id, a kind and a size, seven bits a byte.
pub(super) const HEADER_SIZE: usize = 6;
/// The size of all headers.
pub(super) const COUNT_SIZE: usize = 2;

const SEVEN_BITS: u8 = 0x7f;

/// What stands before a value. A replaced byte becomes three, so that a size is 6 KiB at most.
pub(super) fn header(id: u16, kind: u8, size: usize) -> [u8; HEADER_SIZE] {
    let parts = [u32::from(id) >> 14, u32::from(id) >> 7, id.into(), kind.into(), size as u32 >> 7, size as u32];
    parts.map(|bits| bits as u8 & SEVEN_BITS)
}

pub(super) fn size_in([.., high, low]: [u8; HEADER_SIZE]) -> usize {
    usize::from(high) << 7 | usize::from(low)
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
        let [.., high, low] = header(NAME, TEXT, headers.len());
        let mut data = String::with_capacity(COUNT_SIZE + headers.len() + text.len());
        data.extend([high, low].map(char::from));
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
    pub id: u16,
    pub kind: u8,
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
        let (header, headers) = self.headers.split_first_chunk::<HEADER_SIZE>()?;
        let [id_high, id_middle, id_low, kind, ..] = *header;
        let id = u16::from(id_high) << 14 | u16::from(id_middle) << 7 | u16::from(id_low);
        let (text, behind) = self.text.split_at_checked(size_in(*header))?;
        (self.headers, self.text) = (headers, behind);
        Some(Entry { id, kind, text })
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
        let entry = self.entries.find(|entry| entry.id != NAME)?;
        let field = match entry.kind {
            UINT => Field::Uint(number_of(entry.text)),
            BYTES => {
                let place = number_of(entry.text);
                let (start, size) = ((place >> 16) as usize, (place & 0xffff) as usize);
                Field::Bytes(self.blobs.get(start..start + size).unwrap_or_default())
            }
            _ => Field::Text(entry.text),
        };
        Some((entry.id, field))
    }
}
