//! Bytes as they are written in data files.

/// Bytes of hexadecimal digits; white space and `:` between them is for the eye.
///
/// # Errors
/// What is wrong, for people.
pub(super) fn unhex(text: &str) -> Result<Vec<u8>, String> {
    let mut digits = Vec::new();
    for (at, letter) in text.chars().enumerate() {
        match letter.to_digit(16).and_then(|digit| u8::try_from(digit).ok()) {
            Some(digit) => digits.push(digit),
            None if letter.is_whitespace() || letter == ':' => {}
            None => return Err(format!("{letter:?} (character {}) is not a hexadecimal digit", at + 1)),
        }
    }
    if digits.len() % 2 == 1 {
        return Err(format!("{} hexadecimal digits are not whole bytes", digits.len()));
    }
    Ok(digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

/// Bytes that are given as hexadecimal digits or as text, by the names of the two keys.
///
/// # Errors
/// What is wrong, for people.
pub(super) fn bytes_of(hex: Option<&str>, text: Option<&str>) -> Result<Vec<u8>, String> {
    let bytes = match (hex, text) {
        (Some(digits), None) => unhex(digits)?,
        (None, Some(text)) => text.as_bytes().to_vec(),
        (Some(_), Some(_)) => return Err("has both hex and text, one was expected".into()),
        (None, None) => return Err("has neither hex nor text".into()),
    };
    if bytes.is_empty() { Err("has no bytes".into()) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_become_bytes_and_faults_are_named() {
        assert_eq!(unhex("de ad:BE\nef"), Ok(vec![0xde, 0xad, 0xbe, 0xef]));
        assert_eq!(unhex("0g"), Err("'g' (character 2) is not a hexadecimal digit".into()));
        assert_eq!(unhex("abc"), Err("3 hexadecimal digits are not whole bytes".into()));
        assert_eq!(bytes_of(None, Some("\r\n")), Ok(vec![13, 10]));
        assert_eq!(bytes_of(Some("00"), Some("a")), Err("has both hex and text, one was expected".into()));
        assert_eq!(bytes_of(None, Some("")), Err("has no bytes".into()));
    }
}
