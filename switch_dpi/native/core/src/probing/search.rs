//! Bytes and texts found where they stand.

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

/// Where `wanted` first stands, looked for in eight bytes at a time.
#[must_use]
pub fn find_byte(data: &[u8], wanted: u8) -> Option<usize> {
    const LOWEST: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGHEST: u64 = u64::from_ne_bytes([0x80; 8]);
    let (words, rest) = data.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let differs = u64::from_le_bytes(*word) ^ (LOWEST * u64::from(wanted));
        // the highest bit of the first byte that is zero, and perhaps of others behind it
        let is_zero = differs.wrapping_sub(LOWEST) & !differs & HIGHEST;
        if is_zero != 0 {
            return Some(at * 8 + is_zero.trailing_zeros() as usize / 8);
        }
    }
    rest.iter().position(|byte| *byte == wanted).map(|at| words.len() * 8 + at)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_found_where_it_first_stands() {
        for size in 0..40 {
            let mut data = vec![0x0b; size]; // differs by its lowest bit only
            assert_eq!(find_byte(&data, 0x0a), None);
            for at in (0..size).rev() {
                data[at] = 0x0a;
                assert_eq!(find_byte(&data, 0x0a), Some(at), "{size}");
            }
        }
    }

    #[test]
    fn texts_end_where_their_form_says() {
        assert_eq!((find(b"xab", b"ab"), until_nul(b"a\0b")), (Some(1), Some((&b"a"[..], &b"b"[..]))));
        assert!(has(b"xab", 1, b"ab") && !has(b"xab", 9, b"ab"));
        assert_eq!(json_text(br#"{"a": "b"}"#, "a"), Some(&b"b"[..]));
        assert_eq!(info_text(b"\\map\\dm1\\n\\2", b"MAP"), Some(&b"dm1"[..]));
    }
}
