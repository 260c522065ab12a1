//! Sentences of NMEA 0183 (IEC 61162-1 §7): `$` or `!`, who speaks and what, fields, `*` and the checksum; before it there may
//! be a tag block between backslashes.

use crate::formats::checks::xor8;
use crate::probing::cursor::require;
use crate::probing::lines::Lines;
use crate::protocol::{Probe, Sample};

/// A sentence has 82 characters; receivers of several systems exceed it, and a tag block adds 80.
const MAX_SIZE: usize = 250;
/// Talker and sentence, two and three letters; proprietary ones begin with P.
const MIN_ADDRESS: usize = 4;
const MAX_ADDRESS: usize = 12;

/// Whose sentence it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Begins with `$`.
    Plain,
    /// `!` and VDM or VDO: what AIS receives and sends.
    Ship,
    /// Another encapsulation.
    Other,
}

/// A sentence whose checksum is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// What it is.
    pub kind: Kind,
    /// How many bytes up to the end of its line.
    pub size: usize,
}

/// The sentence that a payload begins with.
///
/// # Errors
/// What it means for a probe that there is none.
pub fn first_sentence(sample: &Sample<'_>) -> Result<Sentence, Probe> {
    let line = match Lines::new(sample.data, 0).next() {
        Some(line) => line,
        None if sample.transport.is_stream() => {
            require(sample.data.len() < MAX_SIZE && may_continue(sample.data))?;
            return Err(Probe::NeedMore);
        }
        None => sample.data,
    };
    require(line.len() < MAX_SIZE && may_continue(line))?;
    let sentence = match line.strip_prefix(b"\\") {
        Some(rest) => {
            rest.iter().position(|byte| *byte == b'\\').and_then(|end| rest.get(end + 1..)).ok_or(Probe::No)?
        }
        None => line,
    };
    let (start, rest) = sentence.split_first().ok_or(Probe::No)?;
    let (body, check) = rest.split_last_chunk::<3>().ok_or(Probe::No)?;
    let [b'*', high, low] = check else { return Err(Probe::No) };
    let wanted = digit(*high).zip(digit(*low)).map(|(high, low)| high << 4 | low);
    require(wanted == Some(xor8(body)))?;
    let address = body.iter().take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()).count();
    require((MIN_ADDRESS..=MAX_ADDRESS).contains(&address) && matches!(body.get(address), Some(b',') | None))?;
    let is_ship = matches!(body.get(2..5), Some(b"VDM" | b"VDO"));
    let kind = match start {
        b'$' => Kind::Plain,
        b'!' if is_ship => Kind::Ship,
        b'!' => Kind::Other,
        _ => return Err(Probe::No),
    };
    Ok(Sentence { kind, size: line.len() })
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Whether the beginning of a line can be that of a sentence.
fn may_continue(data: &[u8]) -> bool {
    let is_text = data.iter().all(|byte| matches!(byte, b'\r' | b' '..=b'~'));
    let is_address = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let body = data.get(1..).unwrap_or_default();
    let has_address = data.first() == Some(&b'\\') || body.iter().take(MIN_ADDRESS).all(is_address);
    is_text && has_address
}

#[cfg(test)]
mod tests {
    use super::{Kind, Sentence, first_sentence};
    use crate::protocol::{Probe, Sample};

    #[test]
    fn a_tag_block_may_stand_before_it_and_a_wrong_checksum_may_not_end_it() {
        let sentence = |data| first_sentence(&Sample { data, ..Sample::EMPTY });
        let tagged = b"\\g:1-2-73874,n:157036*4A\\!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C\r\n";
        assert_eq!(sentence(tagged), Ok(Sentence { kind: Kind::Ship, size: tagged.len() - 2 }));
        assert_eq!(sentence(b"!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5D\r\n"), Err(Probe::No));
        assert_eq!(sentence(b"$GPG"), Err(Probe::NeedMore));
        assert_eq!(sentence(b"$gp"), Err(Probe::No));
    }
}
