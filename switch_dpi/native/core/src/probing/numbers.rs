//! Numbers where they stand; what the data has no room for is `None`.

/// One byte.
#[must_use]
pub fn u8_at(data: &[u8], offset: usize) -> Option<u8> {
    data.get(offset).copied()
}

/// Two bytes, big-endian.
#[must_use]
pub fn u16_at(data: &[u8], offset: usize) -> Option<u16> {
    chunk(data, offset).map(u16::from_be_bytes)
}

/// Four bytes, big-endian.
#[must_use]
pub fn u32_at(data: &[u8], offset: usize) -> Option<u32> {
    chunk(data, offset).map(u32::from_be_bytes)
}

/// Two bytes, little-endian.
#[must_use]
pub fn u16_le_at(data: &[u8], offset: usize) -> Option<u16> {
    chunk(data, offset).map(u16::from_le_bytes)
}

/// Four bytes, little-endian.
#[must_use]
pub fn u32_le_at(data: &[u8], offset: usize) -> Option<u32> {
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

/// A decimal number of at most nine digits.
#[must_use]
pub fn decimal(digits: &[u8]) -> Option<u32> {
    let fits = (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    fits.then(|| digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beyond_the_end_are_none() {
        assert_eq!((u16_le_at(&[1, 2, 3], 1), u16_at(&[1, 2, 3], 1)), (Some(0x0302), Some(0x0203)));
        assert_eq!((u32_le_at(&[1, 2, 3], 0), u32_at(&[0, 0, 1, 0, 9], 0)), (None, Some(256)));
        assert_eq!((u16_le_at(&[1], 9), u8_at(&[1], 1)), (None, None));
    }

    #[test]
    fn decimals_are_digits_and_few() {
        assert_eq!(
            (decimal(b"120"), decimal(b""), decimal(b"1x"), decimal(b"1234567890")),
            (Some(120), None, None, None)
        );
    }
}
