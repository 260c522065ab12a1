//! Bencoding (BEP 3): integers `i1e`, strings `2:ab`, lists `l…e`, dictionaries `d…e` with strings as keys, read where they
//! stand. Values are kept as the bytes that they take.

/// Deeper than any message of the DHT or of a tracker; it bounds the recursion.
const MAX_DEPTH: usize = 8;
/// Digits of a string's size: more than a datagram holds.
const MAX_SIZE_DIGITS: usize = 5;
/// Sign and digits of an integer.
const MAX_INTEGER_DIGITS: usize = 20;

/// The string at the start of `data`, and what follows it.
#[must_use]
pub fn string(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = data.iter().take(MAX_SIZE_DIGITS + 1).position(|byte| *byte == b':')?;
    let (digits, rest) = data.split_at_checked(colon)?;
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let size = digits.iter().fold(0, |size, digit| size * 10 + usize::from(digit - b'0'));
    rest.get(1..)?.split_at_checked(size)
}

/// The value of `key` in the dictionary at the start of `data`, with whatever follows it.
#[must_use]
pub fn value<'a>(data: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let mut rest = data.strip_prefix(b"d")?;
    loop {
        let (name, after) = string(rest)?;
        if name == key {
            return Some(after);
        }
        rest = skip(after, 0)?;
    }
}

/// The string that is the value of `key`.
#[must_use]
pub fn text<'a>(data: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    string(value(data, key)?).map(|(text, _)| text)
}

/// The integer that is the value of `key`, where it is a number of `i64`'s range.
#[must_use]
pub fn integer(data: &[u8], key: &[u8]) -> Option<i64> {
    let digits = value(data, key)?.strip_prefix(b"i")?;
    let end = digits.iter().take(MAX_INTEGER_DIGITS + 1).position(|byte| *byte == b'e')?;
    std::str::from_utf8(digits.get(..end)?).ok()?.parse().ok()
}

/// The values of the list at the start of `data`, each with whatever follows it; none where it is no list.
pub fn items(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = data.strip_prefix(b"l").unwrap_or_default();
    std::iter::from_fn(move || {
        let item = rest;
        rest = skip(item, 0)?;
        Some(item)
    })
}

/// What follows the value at the start of `data`.
fn skip(data: &[u8], depth: usize) -> Option<&[u8]> {
    match data.first()? {
        b'i' => {
            let end = data.iter().position(|byte| *byte == b'e')?;
            data.get(end + 1..)
        }
        b'l' | b'd' if depth < MAX_DEPTH => {
            let mut rest = data.get(1..)?;
            while rest.first()? != &b'e' {
                rest = skip(rest, depth + 1)?;
            }
            rest.get(1..)
        }
        _ => string(data).map(|(_, rest)| rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_behind_others() {
        let data = b"d1:ad2:idli7eei-3ee1:q4:pinge";
        assert_eq!(text(data, b"q"), Some(&b"ping"[..]));
        assert_eq!(value(data, b"a").and_then(|inner| value(inner, b"id")), Some(&b"li7eei-3ee1:q4:pinge"[..]));
        assert_eq!(text(data, b"x"), None);
    }

    #[test]
    fn integers_and_lists_are_read() {
        let data = b"d1:ai-12e1:bl1:xi7ed1:c0:ee1:c2:ixe";
        assert_eq!([b"a", b"b", b"c", b"d"].map(|key| integer(data, key)), [Some(-12), None, None, None]);
        let list: Vec<usize> = items(value(data, b"b").unwrap()).map(<[u8]>::len).collect();
        assert_eq!(list.len(), 3);
        assert_eq!(items(b"3:abc").count() + items(b"l9:a").count(), 0);
    }

    #[test]
    fn malformed_data_is_none() {
        for data in [&b"d1:q"[..], b"d1:q9:ping", b"d:1e", b"d1:ai12", b"x", b"", b"d1:qllllllllllllleeee1:x1:ye"] {
            assert_eq!(text(data, b"x"), None, "{data:?}");
        }
    }
}
