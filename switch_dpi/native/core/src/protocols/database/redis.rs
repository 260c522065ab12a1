//! Redis: the Redis serialization protocol, versions 2 and 3 (RESP), and its inline commands.

use crate::probing::cursor::{Checked, Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server, telling};
use crate::probing::lines::Lines;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// The most elements of an array, and the longest string whose end is looked for.
const MAX_COUNT: usize = 1024 * 1024;
/// Command names reported of a flow.
const MAX_COMMANDS: usize = 8;
/// Commands of one line that no other protocol has in this form.
const INLINE: &[&[u8]] =
    &[b"INFO", b"CONFIG GET ", b"CLIENT LIST", b"CLUSTER ", b"COMMAND", b"SLAVEOF ", b"HGETALL ", b"LRANGE "];
/// Errors that only this protocol has.
const ERRORS: &[&[u8]] = &[
    b"-NOAUTH ",
    b"-WRONGPASS ",
    b"-WRONGTYPE ",
    b"-MOVED ",
    b"-ASK ",
    b"-LOADING ",
    b"-MASTERDOWN ",
    b"-READONLY ",
    b"-DENIED Redis",
    b"-NOSCRIPT ",
    b"-BUSY ",
    b"-CLUSTERDOWN ",
    b"-ERR unknown command",
    b"-ERR wrong number of arguments",
    b"-NOPERM ",
    b"-NOPROTO ",
    b"-EXECABORT ",
    b"-CROSSSLOT ",
];

/// Redis and its kin.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "redis",
    name: "RESP",
    selector: 507,
    category: "database",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[6379, 6380, 26379],
    first_bytes: FirstBytes::Of(b"*$+-:%~>_#(,=|!ICSHL"),
    max_probe_size: 512,
    probe,
    inspector: Some(|| Box::<Redis>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[array, bulk, error, answer, inline];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Digits up to CR LF.
fn number(cursor: &mut Cursor<'_>) -> Checked<usize> {
    let mut value: usize = 0;
    for index in 0..8 {
        let byte = cursor.u8()?;
        if byte == b'\r' && index > 0 {
            cursor.literal(b"\n")?;
            return Ok(value);
        }
        require(byte.is_ascii_digit())?;
        value = value * 10 + usize::from(byte - b'0');
    }
    Err(Probe::No)
}

/// An array, map, set or push, and the header of its first element.
fn array(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.one_of(b"*%~>")?;
    let count = number(cursor)?;
    require((1..=MAX_COUNT).contains(&count))?;
    if cursor.one_of(b"*$+:%~_#,")? == b'$' {
        let size = number(cursor)?;
        let text = cursor.take(size.min(32))?;
        require(size > 0 && text.iter().all(|byte| *byte >= b' '))?;
        if size <= 32 {
            cursor.literal(b"\r\n")?;
        }
    } else {
        require(cursor.line(64)?.len() < 64)?;
    }
    Ok((90, "RESP array"))
}

/// A bulk string alone: its size must lead to CR LF.
fn bulk(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"$")?;
    let size = number(cursor)?;
    require(size <= 256)?;
    cursor.take(size)?;
    cursor.literal(b"\r\n")?;
    Ok((75, "RESP string"))
}

fn error(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(ERRORS)?;
    Ok((90, "RESP error"))
}

/// A short answer says little: it counts after a request.
fn answer(cursor: &mut Cursor<'_>) -> Recognised {
    let pong = cursor.any_literal(&[
        b"+PONG\r\n",
        b"+OK\r\n",
        b"+QUEUED\r\n",
        b"+",
        b"-",
        b":",
        b"$-1\r\n",
        b"_",
        b"#",
        b"(",
        b",",
        b"=",
        b"!",
        b"|",
    ])?;
    if pong == 0 || pong == 2 {
        return Ok((90, "RESP status"));
    }
    let mut request = cursor.of_peer();
    match array(&mut request) {
        Ok(_) => Ok((95, "RESP answer")),
        Err(Probe::No) if !cursor.of_peer().rest().is_empty() => Err(Probe::No),
        Err(_) => Err(Probe::NeedMore),
    }
}

fn inline(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(INLINE)?;
    let rest = cursor.line(128)?;
    require(rest.is_empty() || !rest.contains(&b'/'))?;
    let is_answered = cursor.of_peer().rest().first().is_some_and(|byte| matches!(byte, b'$' | b'*' | b'+' | b'-'));
    if is_answered { Ok((75, "RESP inline command")) } else { Err(Probe::NeedMore) }
}

/// Reads command names: the first string of each array that the client sends.
#[derive(Debug, Default)]
struct Redis {
    position: usize,
    commands: usize,
}

impl Inspector for Redis {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if sample.direction == Direction::Responder && sample.data.first() != Some(&b'*') {
            return Progress::Settled;
        }
        let mut lines = Lines::new(sample.data, self.position);
        loop {
            let start = lines.position();
            let (Some(head), Some(_size), Some(name)) = (lines.next(), lines.next(), lines.next()) else { break };
            self.position = start + head.len() + 2;
            let is_command = head.first() == Some(&b'*') && (2..24).contains(&name.len());
            if is_command && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_')) {
                found.text(Attribute::RedisCommand, name.to_ascii_uppercase().as_slice());
                self.commands += 1;
            }
            lines = Lines::new(sample.data, self.position);
        }
        if self.commands >= MAX_COMMANDS { Progress::Done } else { Progress::Settled }
    }
}

const EXAMPLES: &[Example] = &[
    telling(
        client("two commands", b"*2\r\n$3\r\nget\r\n$3\r\nkey\r\n*1\r\n$4\r\nPING\r\n"),
        &[(Attribute::RedisCommand, "GET"), (Attribute::RedisCommand, "PING")],
    ),
    client("hello of version 3", b"*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"),
    server("map of version 3", b"%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n"),
    server("password wanted", b"-NOAUTH Authentication required.\r\n"),
    server("string", b"$5\r\nhello\r\n"),
    server("pong", b"+PONG\r\n"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_is_no_redis() {
        for data in [&b"* OK IMAP4rev1\r\n"[..], b"*x\r\n", b"$x", b"*0\r\n", b"*2\r\n$0\r\n\r\n"] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
        assert_eq!(probe(&Sample { data: b"+OK\r\n", other: b"USER ann\r\n", ..Sample::EMPTY }), Probe::No);
        let answer = Sample { data: b"+OK\r\n", other: b"*1\r\n$4\r\nPING\r\n", ..Sample::EMPTY };
        assert!(matches!(probe(&answer), Probe::Match(_)));
    }
}
