//! Messages of CoAP over UDP (RFC 7252 §3) and over TCP (RFC 8323 §3.2): header, token, options.

use crate::probing::cursor::{Cursor, require};
use crate::protocol::Probe;

const MAX_TOKEN_SIZE: u8 = 8;
const PAYLOAD_MARKER: u8 = 0xff;
/// Options of one message that are judged.
const MAX_OPTIONS: usize = 32;
/// A signalling message over TCP, code class 7 (RFC 8323 §5).
const SIGNALLING: u8 = 7;

/// A message whose form is right.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Class in the upper three bits, detail in the lower five.
    pub code: u8,
    /// Message id; 0 over TCP.
    pub id: u16,
    /// What ties a response to its request.
    pub token: &'a [u8],
    /// Options, without the payload's marker.
    pub options: &'a [u8],
    /// Bytes in all.
    pub size: usize,
    /// About how many bits of it are fixed.
    pub fixed_bits: u32,
}

impl Message<'_> {
    /// Whether it asks: class 0, detail not 0.
    #[must_use]
    pub const fn is_request(&self) -> bool {
        self.code != 0 && self.code >> 5 == 0
    }
}

/// An option: its number and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageOption<'a> {
    /// IANA "CoAP Option Numbers".
    pub number: u32,
    /// As it stands on the wire.
    pub value: &'a [u8],
}

/// Reads options until one is malformed.
#[derive(Clone, Copy, Debug)]
pub struct OptionReader<'a> {
    cursor: Cursor<'a>,
    number: u32,
}

impl<'a> OptionReader<'a> {
    /// Over the bytes behind the token.
    #[must_use]
    pub const fn new(options: &'a [u8]) -> Self {
        Self { cursor: Cursor::whole(options), number: 0 }
    }

    fn read(&mut self) -> Result<MessageOption<'a>, Probe> {
        let first = self.cursor.byte(|first| first != PAYLOAD_MARKER)?;
        let delta = extended(first >> 4, &mut self.cursor)?;
        let size = extended(first & 0x0f, &mut self.cursor)?;
        self.number += u32::from(delta);
        Ok(MessageOption { number: self.number, value: self.cursor.take(usize::from(size))? })
    }
}

impl<'a> Iterator for OptionReader<'a> {
    type Item = MessageOption<'a>;

    fn next(&mut self) -> Option<MessageOption<'a>> {
        self.read().ok()
    }
}

/// A nibble: 13 and 14 stand for one and two bytes more, 15 is for the marker (RFC 7252 §3.1).
fn extended(nibble: u8, cursor: &mut Cursor<'_>) -> Result<u16, Probe> {
    match nibble {
        13 => Ok(u16::from(cursor.u8()?) + 13),
        14 => cursor.u16()?.checked_add(269).ok_or(Probe::No),
        15 => Err(Probe::No),
        nibble => Ok(nibble.into()),
    }
}

/// The message that a datagram is; `None` where it is none.
#[must_use]
pub fn over_udp(data: &[u8]) -> Option<Message<'_>> {
    read_udp(data).ok()
}

/// Whether a datagram has at least the form of a message: header, token, and options that end where it ends or at a payload,
/// whatever they are.
#[must_use]
pub fn has_udp_form(data: &[u8]) -> bool {
    let mut cursor = Cursor::whole(data);
    let Ok(first) = cursor.byte(|first| first >> 6 == 1 && first & 0x0f <= MAX_TOKEN_SIZE) else { return false };
    let has_head = cursor.byte(|code| code != 0 && is_code(code)).is_ok() && cursor.u16().is_ok();
    if !has_head || cursor.take(usize::from(first & 0x0f)).is_err() {
        return false;
    }
    let mut options = OptionReader::new(cursor.rest());
    while options.next().is_some() {}
    options.cursor.rest().is_empty()
}

fn read_udp(data: &[u8]) -> Result<Message<'_>, Probe> {
    let mut cursor = Cursor::whole(data);
    let first = cursor.byte(|first| first >> 6 == 1 && first & 0x0f <= MAX_TOKEN_SIZE)?;
    let code = cursor.byte(is_code)?;
    let id = cursor.u16()?;
    if code == 0 {
        require(first & 0x0f == 0 && data.len() == 4 && first >> 4 & 3 != 1)?; // ping, acknowledgement or reset
        return Ok(Message { code, id, token: &[], options: &[], size: 4, fixed_bits: 12 });
    }
    require(code >> 5 == 0 || first >> 4 & 3 != 3)?;
    let token = cursor.take(usize::from(first & 0x0f))?;
    let (options, bits) = judge_options(cursor.rest())?;
    Ok(Message { code, id, token, options, size: data.len(), fixed_bits: 6 + bits })
}

/// The message at the start of a stream.
///
/// # Errors
/// What it means for a probe that there is none.
pub fn over_tcp(data: &[u8]) -> Result<Message<'_>, Probe> {
    let mut cursor = Cursor::growing(data);
    let first = cursor.byte(|first| first & 0x0f <= MAX_TOKEN_SIZE)?;
    let length = match first >> 4 {
        13 => usize::from(cursor.u8()?) + 13,
        14 => usize::from(cursor.u16()?) + 269,
        15 => return Err(Probe::No), // larger than 65,804 bytes
        length => usize::from(length),
    };
    let code = cursor.byte(|code| is_code(code) || (code >> 5 == SIGNALLING && (1..=5).contains(&(code & 0x1f))))?;
    let token = cursor.take(usize::from(first & 0x0f))?;
    let content = cursor.take(length)?;
    let size = cursor.position();
    if code >> 5 == SIGNALLING {
        let known = OptionReader::new(content).all(|option| matches!(option.number, 2 | 4));
        require(known && OptionReader::new(content).map(|option| option.value.len() + 1).sum::<usize>() == length)?;
        // one code of fifty; no token; of each option the half bytes of number and size; no options at all is a half byte too
        let option_bits = u32::try_from(OptionReader::new(content).count()).unwrap_or(0) * 6;
        let fixed_bits = 6 + if token.is_empty() { 4 } else { 0 } + option_bits.max(4);
        return Ok(Message { code, id: 0, token, options: &[], size, fixed_bits });
    }
    let (options, bits) = judge_options(content)?;
    Ok(Message { code, id: 0, token, options, size, fixed_bits: 6 + bits })
}

/// Codes of requests and responses (IANA "CoAP Codes"), and 0.30 of Shelly's announcements.
const fn is_code(code: u8) -> bool {
    matches!(
        code,
        0..=7 | 30 | 0x41..=0x45 | 0x5f | 0x80..=0x86 | 0x88 | 0x89 | 0x8c | 0x8d | 0x8f | 0x96 | 0x9d | 0xa0..=0xa5 | 0xa8
    )
}

/// The options and about how many of their bits are fixed; an error where one is unknown or of a wrong size, or where a payload
/// is announced and missing.
fn judge_options(data: &[u8]) -> Result<(&[u8], u32), Probe> {
    let mut cursor = OptionReader::new(data);
    let mut bits = 0;
    for _ in 0..MAX_OPTIONS {
        let rest = cursor.cursor.rest();
        if rest.is_empty() || rest.first() == Some(&PAYLOAD_MARKER) {
            require(rest.len() != 1)?;
            let size = data.len() - rest.len();
            return Ok((data.get(..size).unwrap_or_default(), bits + if rest.is_empty() { 0 } else { 8 }));
        }
        let before = cursor.number;
        let option = cursor.read()?;
        require(option.number != before || is_repeatable(option.number))?;
        bits += option_bits(&option)?;
    }
    Err(Probe::No)
}

/// Options that may occur more than once (RFC 7252, table 4).
const fn is_repeatable(number: u32) -> bool {
    matches!(number, 1 | 4 | 8 | 11 | 15 | 20 | 292 | 2048..)
}

/// Sizes and contents of options (RFC 7252 §5.10, table 4; RFC 7641, 7959, 8613). Text beyond
/// ASCII is legal, and rare enough to be left.
fn option_bits(option: &MessageOption<'_>) -> Result<u32, Probe> {
    let size = option.value.len();
    let is_text = option.value.iter().all(|byte| (b' '..=b'~').contains(byte));
    let (fits, is_string) = match option.number {
        1 | 4 | 252 | 292 => (size <= 40, false),
        3 | 39 => (size >= 1 && is_text, true),
        5 | 21 => (size == 0, false),
        6 | 14 | 28 | 60 | 258 => (size <= 4, false),
        7 | 12 | 17 | 16 => (size <= 2, false),
        8 | 11 | 15 | 20 => (is_text, true),
        9 => (size <= 255, false),
        19 | 23 | 27 | 31 => (size <= 3, false),
        35 => (size >= 1 && is_text, true),
        2048..=65_535 => return require(size <= 64).map(|()| 0),
        _ => (false, false),
    };
    require(fits)?;
    let characters = u32::try_from(size).unwrap_or(0).min(24);
    Ok(if is_string { 2 + characters * 5 / 4 } else { 2 })
}

#[cfg(test)]
mod tests {
    use super::{OptionReader, over_tcp, over_udp};
    use crate::protocol::Probe;

    #[test]
    fn options_count_from_the_one_before() {
        let message = over_udp(b"\x41\x01\x7d\x34\x20\x3bexample.org\x8btemperature");
        let options = message.map(|message| message.options).unwrap_or_default();
        let numbers: Vec<u32> = OptionReader::new(options).map(|option| option.number).collect();
        assert_eq!(numbers, [3, 11]);
    }

    #[test]
    fn forms_that_are_not_allowed_are_refused() {
        for data in [
            &b"\x40\x01\x00\x01\xff"[..],
            b"\x49\x01\x00\x01",
            b"\x40\x08\x00\x01",
            b"\x40\x00\x00\x01\x00",
            b"\x40\x01\x00\x01\x21a",
        ] {
            assert!(over_udp(data).is_none(), "{data:02x?}");
        }
        assert_eq!(over_tcp(b"\x40\xe1\x22\x04").map(|message| message.size), Err(Probe::NeedMore));
    }
}
