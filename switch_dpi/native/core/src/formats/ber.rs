//! ASN.1's basic encoding (ITU-T X.690 §8), as directories and authentication use it: tag of one byte, definite length.

use crate::bytes::Reader;
use crate::probing::cursor::{Checked, Cursor, require};

/// INTEGER.
pub const INTEGER: u8 = 0x02;
/// OCTET STRING.
pub const OCTET_STRING: u8 = 0x04;
/// ENUMERATED.
pub const ENUMERATED: u8 = 0x0a;
/// SEQUENCE.
pub const SEQUENCE: u8 = 0x30;
/// Elements of more bytes are not believed.
const MAX_SIZE: usize = 16 * 1024 * 1024;

/// The length behind a tag, of at most four bytes.
pub fn length(cursor: &mut Cursor<'_>) -> Checked<usize> {
    let first = cursor.u8()?;
    let count = usize::from(first & 0x7f);
    if first < 0x80 {
        return Ok(count);
    }
    require((1..=4).contains(&count))?;
    let mut size: usize = 0;
    for _ in 0..count {
        size = size << 8 | usize::from(cursor.u8()?);
    }
    require(size <= MAX_SIZE)?;
    Ok(size)
}

/// The length of an element that must have this tag.
pub fn expect(cursor: &mut Cursor<'_>, tag: u8) -> Checked<usize> {
    cursor.literal(&[tag])?;
    length(cursor)
}

/// The next element: tag and contents; `None` where it is not whole.
pub fn element<'a>(reader: &mut Reader<'a>) -> Option<(u8, &'a [u8])> {
    let mut ahead = *reader;
    let tag = ahead.u8()?;
    let first = ahead.u8()?;
    let mut size = usize::from(first & 0x7f);
    if first >= 0x80 {
        let count = size;
        size = 0;
        for _ in 0..count.min(5) {
            size = (size << 8 | usize::from(ahead.u8()?)).min(MAX_SIZE);
        }
    }
    let contents = ahead.take(size)?;
    *reader = ahead;
    Some((tag, contents))
}

/// The contents of the first element with this tag among those in `contents`.
#[must_use]
pub fn find(contents: &[u8], tag: u8) -> Option<&[u8]> {
    let mut reader = Reader::new(contents);
    while let Some((found, inner)) = element(&mut reader) {
        if found == tag {
            return Some(inner);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_short_lengths_are_read() {
        let mut reader = Reader::new(b"\x02\x01\x05\x04\x81\x02ab\x30\x84\0\0\0\x01x\x04\x05a");
        assert_eq!(element(&mut reader), Some((2, &b"\x05"[..])));
        assert_eq!(element(&mut reader), Some((4, &b"ab"[..])));
        assert_eq!(element(&mut reader), Some((0x30, &b"x"[..])));
        assert_eq!(element(&mut reader), None);
        assert_eq!(reader.rest(), b"\x04\x05a");
        assert_eq!(find(b"\x02\x01\x05\x04\x01z", 4), Some(&b"z"[..]));
    }
}
