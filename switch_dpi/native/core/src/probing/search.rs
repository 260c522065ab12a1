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
    fn texts_end_where_their_form_says() {
        assert_eq!((find(b"xab", b"ab"), until_nul(b"a\0b")), (Some(1), Some((&b"a"[..], &b"b"[..]))));
        assert!(has(b"xab", 1, b"ab") && !has(b"xab", 9, b"ab"));
        assert_eq!(json_text(br#"{"a": "b"}"#, "a"), Some(&b"b"[..]));
        assert_eq!(info_text(b"\\map\\dm1\\n\\2", b"MAP"), Some(&b"dm1"[..]));
    }
}
