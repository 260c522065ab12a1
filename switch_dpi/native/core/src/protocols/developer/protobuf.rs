//! Protocol Buffers messages sent bare (Protocol Buffers documentation, "Encoding"). There is no mark at all: fields must follow each
//! other without a gap to the very end, in ascending order, and with contents that chance would not bring. It stays a guess.

use crate::probing::cursor::{Checked, Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, query};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Fields looked at.
const MAX_FIELDS: usize = 64;
/// Field numbers of messages that people write are small.
const MAX_NUMBER: u64 = 200;
/// A field of more bytes is not believed.
const MAX_FIELD_SIZE: usize = 1400;
/// What a guess needs: about as much as a magic number of five bytes.
const ENOUGH_BITS: usize = 40;

/// Protobuf.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "protobuf",
    name: "Protobuf",
    selector: 618,
    category: "developer",
    transports: &[Transport::Tcp, Transport::Udp],
    first_bytes: FirstBytes::Where(|byte| byte >= 8 && matches!(byte & 7, 0 | 1 | 2 | 5)),
    max_probe_size: 2048,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Adds up, in bits, how unlikely each field is by chance.
fn message(cursor: &mut Cursor<'_>) -> Recognised {
    let (mut bits, mut fields, mut last) = (0_usize, 0, 0);
    while !matches!(cursor.rest(), [] | [b'\n'] | [b'\r', b'\n']) && fields < MAX_FIELDS {
        let tag = varint(cursor)?.0;
        let number = tag >> 3;
        require((1..=MAX_NUMBER).contains(&number))?;
        if number < last && bits >= ENOUGH_BITS {
            break; // the next message begins
        }
        require(number >= last)?;
        bits += match tag & 7 {
            0 => {
                let (_, size) = varint(cursor)?;
                4 + 4 * (size - 1)
            }
            1 => cursor.take(8).map(|_| 2)?,
            5 => cursor.take(4).map(|_| 2)?,
            2 => {
                let size = usize::try_from(varint(cursor)?.0).unwrap_or(usize::MAX);
                require(size <= MAX_FIELD_SIZE)?;
                let contents = cursor.take(size)?;
                let is_text = contents.iter().all(|byte| matches!(byte, b' '..=b'~'));
                3 + if is_text {
                    size.min(24)
                } else {
                    usize::from(contents.first().is_some_and(|first| *first == 8)) * 4
                }
            }
            _ => return Err(Probe::No),
        };
        (fields, last) = (fields + 1, number);
    }
    if bits < ENOUGH_BITS || fields < 2 {
        return cursor.missing();
    }
    Ok((52, "Protocol Buffers fields"))
}

/// Seven bits a byte, least significant first, at most ten bytes; gives its size too. The last of several bytes is not zero.
fn varint(cursor: &mut Cursor<'_>) -> Checked<(u64, usize)> {
    let mut value: u64 = 0;
    for index in 0..10 {
        let byte = cursor.u8()?;
        value |= u64::from(byte & 0x7f).checked_shl(7 * index).unwrap_or(0);
        if byte & 0x80 == 0 {
            require(index == 0 || byte != 0)?;
            return Ok((value, usize::try_from(index).unwrap_or(0) + 1));
        }
    }
    Err(Probe::No)
}

const EXAMPLES: &[Example] = &[
    client("name, number and list", b"\x0a\x03ann\x10\x96\x01\x22\x0dwww.a.example\x32\x05hello\x38\x01"),
    client(
        "two messages, one a line",
        b"\x12\x03ann\x22\x0dwww.a.example\x32\x0bhello world\x38\x01\n\x12\x03bob\x22\x0dwww.b.example\x38\x02\n",
    ),
    query("negative numbers", b"\x08\xff\xff\xff\xff\x07\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_protocols_and_gaps_are_refused() {
        for data in [&b"GET / HTTP/1.1\r\n"[..], b"\x10\x01\x08\x01", b"\x0a\x03ann\x00\x01", b"\x0b\x01"] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:02x?}");
        }
    }
}
