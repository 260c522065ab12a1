//! DLMS/COSEM (IEC 62056) over TCP and UDP: the wrapper (62056-4-7), HDLC frames carried as they are (62056-46), and the
//! telegrams in text of meters (62056-21).

use crate::formats::checks::crc16_x25;
use crate::probing::answers::{Verdict, answer, matched};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, query, server};
use crate::probing::lines::Lines;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Opening and closing flag of HDLC, and frame format type 3 (62056-46 §6.4.1.2).
const FLAG: u8 = 0x7e;
const FORMAT: u8 = 0xa0;
/// Version of the wrapper (62056-4-7 §5.3).
const WRAPPER_VERSION: &[u8] = &[0, 1];
/// Largest data unit behind the wrapper: clients offer 64 KiB, in practice a few.
const MAX_WRAPPED: usize = 8_192;
/// Identification lines are at most this long (62056-21 §6.3.2).
const MAX_LINE_SIZE: usize = 48;
/// Data lines are at most this long (62056-21 §6.5.3).
const MAX_DATA_LINE_SIZE: usize = 78;

/// DLMS/COSEM.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "iec62056",
    name: "IEC62056",
    selector: 318,
    category: "industrial",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[4059, 4060],
    first_bytes: FirstBytes::Of(&[0, FLAG, b'/']),
    max_probe_size: 2_100,
    probe: |sample| {
        answer(match sample.data.first() {
            Some(&FLAG) => frame(sample),
            Some(&b'/') => telegram(sample),
            _ => wrapper(sample),
        })
    },
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// Version, source and destination port, size, then a data unit with a known tag.
fn wrapper(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(WRAPPER_VERSION)?;
    let (source, destination) = (cursor.u16()?, cursor.u16()?);
    require(source != 0 && destination != 0 || source | destination == 0)?;
    require(source.min(destination) <= 0x00ff)?; // the client's port is its access level
    let size = usize::from(cursor.u16()?);
    require((2..=MAX_WRAPPED).contains(&size))?;
    require(sample.transport.is_stream() || sample.data.len() == 8 + size)?;
    let tag = cursor.byte(is_tag)?;
    let is_association = matches!(tag, 0x60..=0x63);
    if is_association {
        let length = usize::from(cursor.u8()?);
        require(length + 2 == size || length == 0x81)?;
    } else {
        cursor.byte(|choice| tag >= 0xc8 || choice <= 4 || !matches!(tag, 0xc0..=0xc7))?;
    }
    cursor.matched(if sample.transport.is_stream() && !is_association { 62 } else { 85 }, "COSEM wrapper")
}

/// Tags of application data units (62056-5-3 §8): initiate, read, write, association, get, set, action, general protection.
const fn is_tag(tag: u8) -> bool {
    matches!(tag, 0x01 | 0x05 | 0x06 | 0x08 | 0x0c..=0x0e | 0x0f | 0x18 | 0x60..=0x63 | 0xc0..=0xd9 | 0xdb..=0xe2)
}

/// An HDLC frame: flags, format with size, addresses, control, check sequences.
fn frame(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(&[FLAG])?;
    let high = cursor.byte(|format| format & 0xf0 == FORMAT)?;
    let size = usize::from(high & 0x07) << 8 | usize::from(cursor.u8()?);
    require(size >= 7)?;
    for _ in 0..2 {
        skip_address(&mut cursor)?;
    }
    cursor.u8()?; // control
    let checked = sample.data.get(1..cursor.position()).unwrap_or_default();
    let header = cursor.u16_le()?;
    require(header == crc16_x25(checked))?;
    let end = sample.data.get(size + 1);
    require(end.is_none_or(|byte| *byte == FLAG))?;
    Ok(matched(if end.is_some() { 95 } else { 80 }, "HDLC frame with its check sequence", cursor.position()))
}

/// One, two or four bytes; the lowest bit ends an address (62056-46 §6.4.2).
fn skip_address(cursor: &mut Cursor<'_>) -> Result<(), Probe> {
    for _ in 0..4 {
        if cursor.u8()? & 1 == 1 {
            return Ok(());
        }
    }
    Err(Probe::No)
}

/// `/?…!` asks; `/ISK5\2M550T-1012` answers, and data lines with OBIS codes follow (62056-21 §6.3).
fn telegram(sample: &Sample<'_>) -> Verdict {
    let mut lines = Lines::new(sample.data, 0);
    let Some(first) = lines.next() else { return unless_text(sample, sample.data) };
    require(is_text(first))?;
    let is_request = first.starts_with(b"/?") && first.ends_with(b"!") && first.len() <= 35;
    if is_request {
        return Ok(matched(75, "request of a meter reader", first.len()));
    }
    let is_identification = first.len() >= 5
        && first.len() <= MAX_LINE_SIZE
        && first.get(1..4).is_some_and(|maker| maker.iter().all(u8::is_ascii_alphabetic))
        && first.get(4).is_some_and(u8::is_ascii_digit);
    require(is_identification)?;
    for line in lines.by_ref() {
        if !line.is_empty() {
            require(is_data_line(line))?;
            return Ok(matched(80, "meter's identification and data", first.len()));
        }
    }
    unless_text(sample, lines.rest())
}

fn unless_text(sample: &Sample<'_>, line: &[u8]) -> Verdict {
    require(is_text(line) && line.len() <= MAX_DATA_LINE_SIZE + 1 && sample.transport.is_stream())?;
    Ok(Probe::NeedMore)
}

fn is_text(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b'\r' | b' '..=b'~'))
}

/// `1-0:1.8.1(001581.123*kWh)`: a digit, then only those of a code up to the bracket.
fn is_data_line(line: &[u8]) -> bool {
    let end = line.iter().position(|byte| *byte == b'(').unwrap_or(0);
    let code = line.get(..end).unwrap_or_default();
    let has_form =
        code.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b':' | b'.' | b'*' | b'C' | b'F'));
    let is_sound = is_text(line) && line.len() <= MAX_DATA_LINE_SIZE;
    end >= 3 && is_sound && has_form && code.contains(&b'.') && line.contains(&b')')
}

const EXAMPLES: &[Example] = &[
    client("association request in the wrapper", b"\x00\x01\x00\x10\x00\x01\x00\x1f\x60\x1d\xa1\x09\x06\x07\x60\x85\x74\x05\x08\x01\x01\xbe\x10\x04\x0e\x01\x00\x00\x00\x06\x5f\x1f\x04\x00\x00\x1e\x1d\xff\xff"),
    query("get request in the wrapper", b"\x00\x01\x00\x10\x00\x01\x00\x0d\xc0\x01\xc1\x00\x08\x00\x00\x01\x00\x00\xff\x02\x00"),
    client("SNRM in HDLC", b"\x7e\xa0\x07\x03\x21\x93\x0f\x01\x7e"),
    server("UA in HDLC", b"\x7e\xa0\x1e\x21\x03\x73\xc3\x7a\x81\x80\x12\x05\x01\x80\x06\x01\x80\x07\x04\x00\x00\x00\x01\x08\x04\x00\x00\x00\x01\x53\x3b\x7e"),
    server("telegram of a smart meter", b"/ISK5\\2M550T-1012\r\n\r\n1-3:0.2.8(50)\r\n0-0:1.0.0(240101120000W)\r\n"),
    client("request of a reader", b"/?!\r\n"),
];
