//! PostgreSQL's front-end/back-end protocol, versions 2.0 to 3.2 (PostgreSQL manual §55, "Frontend/Backend Protocol").
//!
//! Start-up and encryption requests have magic codes. All later messages are a letter and a size in four bytes, big-endian,
//! that counts itself: a capture that begins in the middle is known by a chain of them.

use crate::bytes::Reader;
use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport};

const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;
const CANCEL_REQUEST: u32 = 80_877_102;
/// The server refuses longer start-up packets (MAX_STARTUP_PACKET_LENGTH).
const MAX_STARTUP_SIZE: u32 = 10_000;
/// Messages of a chain that make it certain: each has a letter and two zero bytes of its size.
const CHAIN: usize = 3;
/// Letters of both ends (§55.7).
const LETTERS: &[u8] = b"123ABCcDdEFfGHIKNnPpQRsSTtVvWXZ";

/// PostgreSQL.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "postgresql",
    name: "PostgreSQL",
    selector: 500,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[5432, 5433, 6432],
    first_bytes: FirstBytes::Where(|byte| byte == 0 || LETTERS.contains(&byte)),
    max_probe_size: 4096,
    probe,
    inspector: Some(|| Box::<Postgresql>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[startup, encryption_answer, server_start, simple_query, chain];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// StartupMessage, CancelRequest, SSLRequest, GSSENCRequest.
fn startup(cursor: &mut Cursor<'_>) -> Recognised {
    let size = cursor.zeros(2).and_then(|()| cursor.u16())?;
    require(u32::from(size) <= MAX_STARTUP_SIZE && size >= 8)?;
    match cursor.u32()? {
        SSL_REQUEST | GSS_REQUEST if size == 8 => Ok((100, "PostgreSQL encryption request")),
        CANCEL_REQUEST if size >= 16 => Ok((100, "PostgreSQL cancel request")),
        0x0002_0000 if size == 296 => Ok((95, "PostgreSQL 2 start-up")),
        0x0003_0000..=0x0003_0002 if size > 8 => {
            let name = cursor.text_until(0, 64)?;
            require(name.first().is_some_and(u8::is_ascii_alphabetic))?;
            Ok((100, "PostgreSQL start-up"))
        }
        _ => Err(Probe::No),
    }
}

/// One letter answers an encryption request: `S` or `G` yes, `N` no.
fn encryption_answer(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.one_of(b"SGN")?;
    require(cursor.rest().is_empty() || !cursor.of_peer().rest().is_empty())?;
    let mut request = cursor.of_peer();
    request.literal(b"\0\0\0\x08")?;
    require(matches!(request.u32()?, SSL_REQUEST | GSS_REQUEST))?;
    Ok((100, "PostgreSQL encryption answer"))
}

/// Authentication requests, errors and notices: the first messages of a server.
fn server_start(cursor: &mut Cursor<'_>) -> Recognised {
    let letter = cursor.one_of(b"REN")?;
    let size = cursor.zeros(2).and_then(|()| cursor.u16())?;
    if letter == b'R' {
        let kind = cursor.zeros(3).and_then(|()| cursor.u8())?;
        let fits = match kind {
            0 | 2 | 3 | 6 | 7 | 9 => size == 8,
            5 => size == 12,
            4 => size == 10,
            8 | 10..=12 => size > 8,
            _ => false,
        };
        require(fits)?;
        return Ok((95, "PostgreSQL authentication request"));
    }
    const SEVERITIES: &[&[u8]] =
        &[b"SERROR\0", b"SFATAL\0", b"SPANIC\0", b"SWARNING\0", b"SNOTICE\0", b"SDEBUG\0", b"SINFO\0", b"SLOG\0"];
    cursor.any_literal(SEVERITIES)?;
    Ok((100, "PostgreSQL error or notice"))
}

/// A query of text alone, to its very end.
fn simple_query(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"Q\0\0")?;
    let size = usize::from(cursor.u16()?);
    require(size >= 9)?;
    let text = cursor.all(size - 5, |byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..))?;
    require(text.first().is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b'-' | b'/' | b'(')))?;
    cursor.literal(b"\0")?;
    Ok((85, "PostgreSQL query"))
}

/// Messages in a row, or one that is always the same.
fn chain(cursor: &mut Cursor<'_>) -> Recognised {
    for _ in 0..CHAIN {
        let letter = cursor.one_of(LETTERS)?;
        let size = cursor.zeros(2).and_then(|()| cursor.u16())?;
        let fits = match letter {
            b'S' | b'H' | b'X' | b'c' | b'n' | b's' | b'1' | b'2' | b'3' | b'I' => size >= 4,
            b'K' => size >= 12,
            b'Z' => size == 5,
            _ => size > 4,
        };
        require(fits)?;
        let body = cursor.take(usize::from(size) - 4)?;
        require(letter != b'Z' || matches!(body, [b'I' | b'T' | b'E']))?;
        let is_sure = matches!((letter, body.len()), (b'X' | b'1' | b'2' | b'3' | b'Z', 0 | 1));
        if is_sure {
            return Ok((75, "PostgreSQL message"));
        }
    }
    Ok((80, "PostgreSQL messages"))
}

/// Reads the start-up message, which may follow a request for encryption.
#[derive(Debug, Default)]
struct Postgresql;

impl Inspector for Postgresql {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let mut reader = Reader::new(sample.data);
        if sample.data.first().is_some_and(|byte| *byte != 0) {
            return Progress::Settled;
        }
        loop {
            let Some(size) = reader.u32() else { return Progress::Settled };
            if size > MAX_STARTUP_SIZE {
                return Progress::Done; // encrypted
            }
            let size = usize::try_from(size).unwrap_or_default().saturating_sub(4);
            let Some(body) = reader.take(size) else { return Progress::Settled };
            if size != 4 {
                read_parameters(body, found);
                return Progress::Done;
            }
        }
    }
}

/// Names and values, each ended by a zero byte.
fn read_parameters(body: &[u8], found: &mut Findings) {
    let Some((_, parameters)) = body.split_at_checked(4) else { return };
    let mut strings = parameters.split(|byte| *byte == 0);
    while let (Some(name), Some(value)) = (strings.next(), strings.next()) {
        match name {
            b"user" => found.text(Attribute::PostgresqlUser, value),
            b"database" => found.text(Attribute::PostgresqlDatabase, value),
            b"" => break,
            _ => {}
        }
    }
}

const EXAMPLES: &[Example] = &[
    telling(
        client(
            "start-up after a refused request for TLS",
            b"\0\0\0\x08\x04\xd2\x16\x2f\0\0\0\x20\0\x03\0\0user\0ann\0database\0shop\0\0",
        ),
        &[(Attribute::PostgresqlUser, "ann"), (Attribute::PostgresqlDatabase, "shop")],
    ),
    telling(client("start-up", b"\0\0\0\x12\0\x03\0\0user\0ann\0\0"), &[(Attribute::PostgresqlUser, "ann")]),
    client("request for GSS encryption", b"\0\0\0\x08\x04\xd2\x16\x30"),
    client("cancel request", b"\0\0\0\x10\x04\xd2\x16\x2e\0\0\x10\x01\x12\x34\x56\x78"),
    client("query in the middle of a session", b"Q\0\0\0\x0eSELECT 1;\0"),
    client("parse, bind, sync", b"P\0\0\0\x11\0SELECT 1\0\0\0\0B\0\0\0\x0c\0\0\0\0\0\0\0\0S\0\0\0\x04"),
    server("MD5 password wanted", b"R\0\0\0\x0c\0\0\0\x05\xad\x44\xff\x54"),
    server("SASL wanted", b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"),
    server("error", b"E\0\0\0\x24SFATAL\0C28000\0Mno such user\0\0\0\0\0"),
    server("end of a command", b"C\0\0\0\x0dSELECT 1\0Z\0\0\0\x05I"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_counts_only_as_an_answer() {
        let answer = Sample { data: b"N", other: b"\0\0\0\x08\x04\xd2\x16\x2f", ..Sample::EMPTY };
        assert!(matches!(probe(&answer), Probe::Match(_)));
        assert_eq!(probe(&Sample { other: b"", ..answer }), Probe::NeedMore);
        assert_eq!(probe(&Sample { data: b"NI", other: b"", ..answer }), Probe::No);
    }

    #[test]
    fn a_startup_of_another_size_is_refused() {
        for data in [&b"\0\0\0\x07\x04\xd2\x16\x2f"[..], b"\0\0\0\x09\x04\xd2\x16\x2f", b"\0\0\0\x10\0\x03\0\0\0"] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:02x?}");
        }
    }
}
