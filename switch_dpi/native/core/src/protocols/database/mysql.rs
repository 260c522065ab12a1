//! MySQL and MariaDB (MySQL internals, "Client/Server Protocol"): packets of a size in three bytes, little-endian, and a
//! sequence number. The server greets first.

use crate::bytes::Reader;
use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, Inspector, Probe, Progress, Sample, Transport};

/// Where the user begins in a login: flags, packet size, character set, filler (HandshakeResponse41).
const LOGIN_HEAD_SIZE: usize = 32;
/// Protocol 4.1 flag of the capabilities.
const CLIENT_PROTOCOL_41: u32 = 0x0200;
/// Packet header.
const HEADER_SIZE: usize = 4;

/// MySQL and MariaDB.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mysql",
    name: "MySQL",
    selector: 501,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[3306],
    max_probe_size: 512,
    probe,
    inspector: Some(|| Box::<Mysql>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[greeting, refusal, login, query];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Size (its upper byte is zero in all packets looked at) and sequence number.
fn header(cursor: &mut Cursor<'_>) -> Result<(usize, u8), Probe> {
    let size = cursor.u16_le()?;
    cursor.literal(b"\0")?;
    Ok((usize::from(size), cursor.u8()?))
}

/// Protocol::HandshakeV10 and HandshakeV9: version, text up to a zero byte, connection id, eight bytes of salt.
fn greeting(cursor: &mut Cursor<'_>) -> Recognised {
    let (size, sequence) = header(cursor)?;
    require(sequence == 0 && size >= 20)?;
    let version = cursor.one_of(&[9, 10])?;
    let text = cursor.text_until(0, 128)?;
    require(text.first().is_some_and(u8::is_ascii_digit) && text.contains(&b'.') && text.len() + 14 <= size)?;
    cursor.take(12)?;
    cursor.literal(b"\0")?;
    Ok((if version == 10 { 100 } else { 85 }, "MySQL greeting"))
}

/// ERR_Packet as the first packet: `Host … is not allowed to connect`, `Too many connections`.
fn refusal(cursor: &mut Cursor<'_>) -> Recognised {
    let (size, sequence) = header(cursor)?;
    require(sequence <= 2 && size > 8)?;
    cursor.literal(b"\xff")?;
    require((1000..=4999).contains(&cursor.u16_le()?))?;
    let text = cursor.text(size.min(200) - 3)?;
    require(text.first().is_some_and(|byte| *byte == b'#' || byte.is_ascii_uppercase()))?;
    Ok((95, "MySQL error"))
}

/// HandshakeResponse41 and SSLRequest: flags, packet size, character set, nineteen zero bytes.
fn login(cursor: &mut Cursor<'_>) -> Recognised {
    let (size, sequence) = header(cursor)?;
    require(matches!(sequence, 1 | 2) && size >= LOGIN_HEAD_SIZE)?;
    require(cursor.u32_le()? & CLIENT_PROTOCOL_41 != 0)?;
    cursor.take(5)?;
    cursor.zeros(19)?;
    Ok((100, "MySQL login"))
}

/// COM_QUERY in the middle of a session.
fn query(cursor: &mut Cursor<'_>) -> Recognised {
    let (size, sequence) = header(cursor)?;
    require(sequence == 0 && size > 4)?;
    cursor.literal(b"\x03")?;
    let verb = cursor.all(4, |byte| byte.is_ascii_alphabetic())?.to_ascii_uppercase();
    const VERBS: &[&[u8]] =
        &[b"SELE", b"SHOW", b"SET ", b"INSE", b"UPDA", b"DELE", b"BEGI", b"COMM", b"ROLL", b"CREA", b"DROP", b"CALL"];
    require(VERBS.contains(&verb.as_slice()))?;
    Ok((85, "MySQL query"))
}

/// Reads the greeting's version and the login's user.
#[derive(Debug, Default)]
struct Mysql;

impl Inspector for Mysql {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let Some((header, body)) = sample.data.split_at_checked(HEADER_SIZE) else { return Progress::Settled };
        let is_greeting = matches!(header.last(), Some(0)) && matches!(body.first(), Some(9 | 10));
        if is_greeting {
            let text = body.get(1..).unwrap_or_default();
            if let Some(end) = text.iter().position(|byte| *byte == 0) {
                found.text(Attribute::MysqlServerVersion, text.get(..end).unwrap_or_default());
            }
        } else if sample.direction == Direction::Originator && matches!(header, [_, _, 0, 1 | 2]) {
            return read_user(body, found);
        }
        Progress::Settled
    }
}

/// The user, unless the packet asks for TLS and so ends where the user would begin.
fn read_user(body: &[u8], found: &mut Findings) -> Progress {
    let mut reader = Reader::new(body);
    let (Some(_head), rest) = (reader.take(LOGIN_HEAD_SIZE), reader.rest()) else { return Progress::Settled };
    let Some(end) = rest.iter().position(|byte| *byte == 0) else { return Progress::Settled };
    let user = rest.get(..end).unwrap_or_default();
    if !user.is_empty() && user.iter().all(|byte| !byte.is_ascii_control()) && user.first() != Some(&0x16) {
        found.text(Attribute::MysqlUser, user);
    }
    Progress::Done
}

const EXAMPLES: &[Example] = &[
    telling(
        server(
            "greeting of version 10",
            b"\x49\0\0\0\x0a8.0.36\0\x0b\0\0\0abcdefgh\0\xff\xff\xff\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0caching_sha2_password\0",
        ),
        &[(Attribute::MysqlServerVersion, "8.0.36")],
    ),
    telling(
        server(
            "greeting of MariaDB",
            b"\x5d\0\0\0\x0a5.5.5-10.11.6-MariaDB\0\x1f\0\0\0abcdefgh\0\xfe\xf7\x2d\x02\0\xff\x81\x15\0\0\0\0\0\0\x1d\0\0\0ijklmnopqrst\0mysql_native_password\0",
        ),
        &[(Attribute::MysqlServerVersion, "5.5.5-10.11.6-MariaDB")],
    ),
    server("greeting of version 9", b"\x18\0\0\0\x093.20.32\0\x01\0\0\0abcdefgh\0\0\0"),
    server("refusal", b"\x44\0\0\0\xff\x6a\x04Host 'example.org' is not allowed to connect to this MySQL server"),
    telling(
        client(
            "login",
            b"\x39\0\0\x01\x85\xa6\xff\x01\0\0\0\x01\x2d\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0ann\0\x14aaaaaaaaaaaaaaaaaaaa",
        ),
        &[(Attribute::MysqlUser, "ann")],
    ),
    client(
        "request for TLS",
        b"\x20\0\0\x01\x85\xae\xff\x01\0\0\0\x01\x2d\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x16\x03\x01\0\x05",
    ),
    client("query in the middle of a session", b"\x09\0\0\0\x03SELECT 1"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_begins_with_a_digit_and_the_salt_ends_with_zero() {
        let greet = |data| probe(&Sample { data, direction: Direction::Responder, ..Sample::EMPTY });
        assert_eq!(greet(b"\x20\0\0\0\x0av8.0\0"), Probe::No);
        assert_eq!(greet(b"\x30\0\0\0\x0a8.0\0\x0b\0\0\0abcdefgh\x01"), Probe::No);
        assert_eq!(greet(b"\x30\0\0\0\x0b8.0\0"), Probe::No);
    }
}
