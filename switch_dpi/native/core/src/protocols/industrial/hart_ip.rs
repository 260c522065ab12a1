//! HART-IP (FieldComm Group, HCF_SPEC-085) over UDP and TCP: sessions and token-passing PDUs.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, query, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Version, type, id, status, transaction, size with itself.
const HEADER_SIZE: u16 = 8;
/// A pass-through PDU has at most 255 bytes of data; a direct PDU may hold several commands.
const MAX_SIZE: u16 = 2_048;
const SESSION_INITIATE: u8 = 0;
const TOKEN_PASSING: u8 = 3;

/// HART-IP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "hart-ip",
    name: "HART-IP",
    selector: 314,
    category: "industrial",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[5094, 5095],
    first_bytes: FirstBytes::Of(&[1, 2]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.byte(|version| matches!(version, 1 | 2))?;
    cursor.byte(|kind| matches!(kind, 0..=2 | 15))?;
    let id = cursor.byte(|id| id <= 5)?;
    cursor.byte(|status| matches!(status, 0 | 2 | 5..=9 | 14..=16))?;
    cursor.u16()?; // transaction
    let size = cursor.u16()?;
    require((HEADER_SIZE..=MAX_SIZE).contains(&size))?;
    require(sample.transport.is_stream() || usize::from(size) == sample.data.len())?;
    match id {
        SESSION_INITIATE => {
            require(size == 13)?;
            cursor.byte(|host| host <= 1)?;
        }
        TOKEN_PASSING => {
            let delimiter = cursor.byte(is_delimiter)?;
            let address = if delimiter & 0x80 != 0 { 5 } else { 1 };
            cursor.take(address)?;
            cursor.u8()?; // command
            let count = usize::from(cursor.u8()?);
            // delimiter, address, command, count, data, check byte
            require(usize::from(HEADER_SIZE) + 1 + address + 2 + count + 1 == usize::from(size))?;
        }
        1 | 2 => require(size == HEADER_SIZE)?,
        _ => {
            require(size > HEADER_SIZE)?;
            return cursor.matched(if sample.transport.is_stream() { 55 } else { 70 }, "HART-IP header");
        }
    }
    cursor.matched(85, "HART-IP header")
}

/// Frame types request, answer and burst, with either address size and no expansion bytes (HCF_SPEC-081 §5.2).
const fn is_delimiter(byte: u8) -> bool {
    matches!(byte & 0x7f, 0x01 | 0x02 | 0x06)
}

const EXAMPLES: &[Example] = &[
    query("session of a primary host, 30 s", b"\x01\x00\x00\x00\x00\x02\x00\x0d\x01\x00\x00\x75\x30"),
    server("the same granted", b"\x01\x01\x00\x00\x00\x02\x00\x0d\x01\x00\x00\xea\x60"),
    client("command 0", b"\x01\x00\x03\x00\x00\x03\x00\x0d\x02\x80\x00\x00\x82"),
    query("keep alive", b"\x01\x00\x02\x00\x00\x09\x00\x08"),
];
