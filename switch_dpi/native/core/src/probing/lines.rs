//! Text protocols: lines, three-digit replies and case-blind comparison, over bytes that need not be text.

use memchr::memchr;

/// The lines of `data` that have ended, without their CR LF (a lone LF ends a line too), in order.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'a> {
    data: &'a [u8],
    position: usize,
}

impl<'a> Lines<'a> {
    /// From the byte `start` of `data`.
    #[must_use]
    pub const fn new(data: &'a [u8], start: usize) -> Self {
        Self { data, position: start }
    }

    /// Where the next line begins.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// What stands after the last line that was read.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.data.get(self.position..).unwrap_or_default()
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest();
        let size = memchr(b'\n', rest)?;
        self.position = self.position.saturating_add(size + 1);
        let line = rest.get(..size)?;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// A reply as SMTP and FTP have it (RFC 5321 §4.2, RFC 959 §4.2): three digits, a space or a hyphen, text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// 100 to 599.
    pub code: u16,
    /// What follows the separator.
    pub text: &'a [u8],
}

/// Reads one reply line; `None` where it is none.
#[must_use]
pub fn reply(line: &[u8]) -> Option<Reply<'_>> {
    let (digits, rest) = line.split_at_checked(3)?;
    if !matches!(digits.first(), Some(b'1'..=b'5')) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    match rest.split_first() {
        None => Some(Reply { code, text: rest }),
        Some((b' ' | b'-', text)) => Some(Reply { code, text }),
        Some(_) => None,
    }
}

/// The first word of a line and what follows the white space after it.
#[must_use]
pub fn split_word(line: &[u8]) -> (&[u8], &[u8]) {
    let end = line.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(line.len());
    let (word, rest) = line.split_at_checked(end).unwrap_or((line, &[]));
    (word, rest.trim_ascii())
}

/// Whether `data` begins with `prefix`, letters compared without case.
#[must_use]
pub fn starts_with_ignoring_case(data: &[u8], prefix: &[u8]) -> bool {
    data.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Whether `word` stands anywhere in `data`, letters compared without case.
#[must_use]
pub fn contains_ignoring_case(data: &[u8], word: &[u8]) -> bool {
    !word.is_empty() && data.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

/// Whether all bytes could stand in a line of text: visible ASCII, space, tab, or part of a longer UTF-8 sequence.
#[must_use]
pub fn is_text(data: &[u8]) -> bool {
    data.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..=0xff))
}

#[cfg(test)]
mod tests {
    use super::{Lines, contains_ignoring_case, reply, split_word};

    #[test]
    fn only_ended_lines_come_out() {
        let mut lines = Lines::new(b"one\r\ntwo\n\nthree", 0);
        assert_eq!(lines.next(), Some(&b"one"[..]));
        assert_eq!(lines.next(), Some(&b"two"[..]));
        assert_eq!(lines.next(), Some(&b""[..]));
        assert_eq!(lines.next(), None);
        assert_eq!(lines.rest(), b"three");
        assert_eq!(Lines::new(b"x\n", 9).next(), None);
    }

    #[test]
    fn replies_have_three_digits_and_a_separator() {
        assert_eq!(reply(b"220-hello").map(|r| (r.code, r.text)), Some((220, &b"hello"[..])));
        assert_eq!(reply(b"354").map(|r| (r.code, r.text)), Some((354, &b""[..])));
        for line in [&b"22"[..], b"2200 x", b"620 x", b"2 0 x", b"220x", b""] {
            assert_eq!(reply(line), None);
        }
    }

    #[test]
    fn words_are_split_at_white_space() {
        assert_eq!(split_word(b"EHLO  host "), (&b"EHLO"[..], &b"host"[..]));
        assert_eq!(split_word(b"QUIT"), (&b"QUIT"[..], &b""[..]));
        assert!(contains_ignoring_case(b"the eSmTp server", b"esmtp"));
        assert!(!contains_ignoring_case(b"x", b""));
    }
}
