//! MELSEC communication (MC protocol) and SLMP of Mitsubishi Electric (SH-080008, BAP-C2006) over TCP and UDP: frames 3E and 4E
//! in binary and text, and MELSOFT's frames. Little-endian.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Subheaders of requests and responses: 3E, then 4E, which has a serial number.
const SUBHEADERS: [u8; 4] = [0x50, 0xd0, 0x54, 0xd4];
/// The same in text.
const TEXT_SUBHEADERS: [&[u8; 4]; 4] = [b"5000", b"D000", b"5400", b"D400"];
/// MELSOFT: requests and responses.
const MELSOFT: [u8; 2] = [0x57, 0xd7];
/// Module that a request goes to: the own processor, or one of several.
const MODULES: std::ops::RangeInclusive<u16> = 0x03d0..=0x03ff;
/// A frame has at most 1,920 bytes of data in binary.
const MAX_SIZE: u16 = 4_000;

/// MELSEC.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "melsec",
    name: "MELSEC",
    selector: 352,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[5000, 5001, 5002, 5006, 5007, 5008, 1025],
    first_bytes: FirstBytes::Of(&[0x50, 0xd0, 0x54, 0xd4, b'5', b'D', 0x57, 0xd7]),
    probe: |sample| {
        let first = sample.data.first().copied().unwrap_or_default();
        answer(match first {
            b'5' | b'D' => text(sample),
            _ if MELSOFT.contains(&first) => melsoft(sample),
            _ => binary(sample),
        })
    },
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// Subheader, network, processor, module, station, size, then a timer and a command, or an end code.
fn binary(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let subheader = cursor.byte(|first| SUBHEADERS.contains(&first))?;
    cursor.literal(&[0])?;
    if subheader & 0x04 != 0 {
        cursor.u16_le()?; // serial number
        cursor.literal(&[0, 0])?;
    }
    cursor.byte(|network| network <= 0xef)?;
    cursor.byte(|processor| !(0x79..=0x7c).contains(&processor))?;
    let module = cursor.u16_le()?;
    require(MODULES.contains(&module))?;
    cursor.byte(|station| station <= 0x1f)?;
    let size = cursor.u16_le()?;
    require((2..MAX_SIZE).contains(&size))?;
    require(sample.transport.is_stream() || cursor.rest().len() == usize::from(size))?;
    cursor.matched(90, "MELSEC frame")
}

/// The same fields as digits of base 16.
fn text(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let start = cursor.rest().get(..4).unwrap_or(cursor.rest());
    require(TEXT_SUBHEADERS.iter().any(|subheader| subheader.starts_with(start)))?;
    let subheader = cursor.array::<4>()?;
    if subheader.get(1) == Some(&b'4') {
        for _ in 0..4 {
            cursor.byte(|digit| digit.is_ascii_hexdigit())?;
        }
        cursor.literal(b"0000")?;
    }
    for _ in 0..4 {
        cursor.byte(|digit| digit.is_ascii_hexdigit())?; // network, processor
    }
    cursor.literal(b"03")?;
    cursor.byte(|digit| matches!(digit, b'D' | b'E' | b'F'))?;
    for _ in 0..7 {
        cursor.byte(|digit| digit.is_ascii_hexdigit())?; // module's end, station, size
    }
    cursor.matched(90, "MELSEC frame in text")
}

fn melsoft(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.byte(|first| MELSOFT.contains(&first))?;
    cursor.literal(&[0])?;
    cursor.u16_le()?; // serial number
    cursor.literal(&[0x00, 0x11, 0x11, 0x07])?;
    cursor.matched(85, "MELSOFT frame")
}

const EXAMPLES: &[Example] = &[
    client("3E: batch read of D100", b"\x50\x00\x00\xff\xff\x03\x00\x0c\x00\x10\x00\x01\x04\x00\x00\x64\x00\x00\xa8\x01\x00"),
    reply("3E: one word", b"\xd0\x00\x00\xff\xff\x03\x00\x04\x00\x00\x00\x34\x12"),
    query("4E: the same with a serial number", b"\x54\x00\x34\x12\x00\x00\x00\xff\xff\x03\x00\x0c\x00\x10\x00\x01\x04\x00\x00\x64\x00\x00\xa8\x01\x00"),
    client("3E in text", b"500000FF03FF000018001004010000D*0001000001"),
    client("MELSOFT: processor's model", b"\x57\x00\x00\x00\x00\x11\x11\x07\x00\x00\xff\xff\x03\x00\x00\xfe\x03\x00\x00\x14\x00\x1c\x08\x0a\x08\x00\x00\x00\x00\x00\x00\x00\x04\x01\x01\x01\x00\x00\x00\x00\x01"),
];
