//! memcached: the text protocol (protocol.txt of memcached), the binary protocol, and both over UDP.

use crate::formats::memcached_binary;
use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, query, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// The longest line: a request for a hundred keys of 250 bytes is cut here.
const MAX_LINE_SIZE: usize = 2048;
/// First letters of commands and replies.
const FIRST: &[u8] = b"acdfgimprstvwlVSNEDTOCHBR0\x80\x81";

/// memcached.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "memcached",
    name: "Memcached",
    selector: 510,
    category: "database",
    risk: Some(60),
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[11211],
    first_bytes: FirstBytes::Any,
    max_probe_size: MAX_LINE_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const STREAM: &[Form] = &[binary, store, command, reply_line];
const DATAGRAM: &[Form] = &[datagram];

fn probe(sample: &Sample<'_>) -> Probe {
    let is_stream = sample.transport.is_stream();
    if is_stream && sample.data.first().is_some_and(|byte| !FIRST.contains(byte)) {
        return Probe::No;
    }
    any_form(sample, if is_stream { STREAM } else { DATAGRAM })
}

/// Sizes of the extras are fixed for each command; a request's check and set is mostly zero.
fn binary(cursor: &mut Cursor<'_>) -> Recognised {
    let header = memcached_binary::header(cursor)?;
    let (key, extras) = (u32::from(header.key_size), header.extras_size);
    let plain = u32::from(extras) + key == header.body_size;
    if header.is_response {
        return binary_response(cursor, header);
    }
    let fits = header.status == 0
        && match header.opcode {
            0x00 | 0x09 | 0x0c | 0x0d | 0x04 | 0x14 => key > 0 && extras == 0 && plain,
            0x01..=0x03 | 0x11..=0x13 => key > 0 && extras == 8,
            0x05 | 0x06 | 0x15 | 0x16 => key > 0 && extras == 20 && plain,
            0x07 | 0x0a | 0x0b | 0x17 | 0x20 => header.body_size == 0,
            0x08 | 0x18 => key == 0 && matches!(extras, 0 | 4) && plain,
            0x0e | 0x0f | 0x19 | 0x1a => key > 0 && extras == 0,
            0x10 => extras == 0 && plain,
            0x1c..=0x1e => key > 0 && extras == 4 && plain,
            0x21 | 0x22 => key > 0 && extras == 0,
            _ => false,
        };
    require(fits && header.body_size < 0x10_0000)?;
    Ok((85, "memcached binary header"))
}

/// A response explains an error in words, or answers the same command.
fn binary_response(cursor: &mut Cursor<'_>, header: memcached_binary::Header) -> Recognised {
    require(header.opcode <= 0x22 && header.opcode != 0x1f && matches!(header.extras_size, 0 | 4))?;
    require(matches!(header.status, 0..=9 | 0x20 | 0x21 | 0x81..=0x86))?;
    if header.status != 0 && header.body_size >= 4 {
        cursor.text(4)?;
        return Ok((85, "memcached binary error"));
    }
    let request = memcached_binary::header(&mut cursor.of_peer());
    match request {
        Ok(request) => require(request.opcode == header.opcode).map(|()| (90, "memcached binary response")),
        Err(_) => Err(Probe::NeedMore),
    }
}

/// `set key flags exptime bytes [noreply]`, `cas` with one number more.
fn store(cursor: &mut Cursor<'_>) -> Recognised {
    let verb = cursor.any_literal(&[b"set ", b"add ", b"replace ", b"append ", b"prepend ", b"cas "])?;
    let mut words = cursor.line(MAX_LINE_SIZE)?.split(|byte| *byte == b' ').skip(1);
    for _ in 0..if verb == 5 { 4 } else { 3 } {
        require(words.next().is_some_and(is_number))?;
    }
    require(matches!(words.next(), None | Some(b"noreply" | b"")))?;
    Ok((95, "memcached storage command"))
}

fn command(cursor: &mut Cursor<'_>) -> Recognised {
    const COMMANDS: &[&[u8]] = &[
        b"gets ",
        b"gat ",
        b"gats ",
        b"delete ",
        b"incr ",
        b"decr ",
        b"touch ",
        b"stats",
        b"version\r\n",
        b"flush_all",
        b"verbosity ",
        b"mg ",
        b"mn\r\n",
        b"get ",
    ];
    let which = cursor.any_literal(COMMANDS)?;
    let line = if matches!(which, 8 | 12) { &b""[..] } else { cursor.line(MAX_LINE_SIZE)? };
    let mut words = line.split(|byte| *byte == b' ');
    let first = words.next().unwrap_or_default();
    match which {
        7 => require(line.is_empty() || line.starts_with(b" ")).map(|()| (80, "memcached statistics command")),
        4..=6 => {
            require(words.next().is_none_or(is_number) && !first.is_empty())?;
            Ok((75, "memcached command"))
        }
        1 | 2 => require(is_number(first)).map(|()| (80, "memcached command")),
        9 | 10 => Ok((80, "memcached command")),
        11 | 13 | 0 | 3 => {
            require(!first.is_empty() && !first.contains(&b'/') && !line.ends_with(b"HTTP/1.1"))?;
            Ok((70, "memcached retrieval command"))
        }
        8 => Ok((75, "memcached version command")),
        _ => Ok((60, "memcached no-op")),
    }
}

fn reply_line(cursor: &mut Cursor<'_>) -> Recognised {
    const REPLIES: &[&[u8]] = &[
        b"STORED\r\n",
        b"NOT_STORED\r\n",
        b"EXISTS\r\n",
        b"NOT_FOUND\r\n",
        b"DELETED\r\n",
        b"TOUCHED\r\n",
        b"SERVER_ERROR ",
        b"CLIENT_ERROR ",
        b"VALUE ",
        b"STAT ",
        b"VERSION ",
        b"END\r\n",
    ];
    let which = cursor.any_literal(REPLIES)?;
    match which {
        8 | 9 => {
            let mut words = cursor.line(MAX_LINE_SIZE)?.split(|byte| *byte == b' ').skip(1);
            let second = words.next().unwrap_or_default();
            require(which == 9 || (is_number(second) && words.next().is_some_and(is_number)))?;
            Ok((if which == 8 { 95 } else { 80 }, "memcached value"))
        }
        10 => {
            require(cursor.line(64)?.first().is_some_and(u8::is_ascii_digit))?;
            Ok((75, "memcached version"))
        }
        11 => {
            let mut request = cursor.of_peer();
            if request.rest().is_empty() {
                Err(Probe::NeedMore)
            } else {
                command(&mut request).map(|_| (85, "memcached miss"))
            }
        }
        2 | 3 => Ok((75, "memcached reply")),
        _ => Ok((85, "memcached reply")),
    }
}

/// Request id, sequence number, number of datagrams, reserved; then as over TCP.
fn datagram(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.take(2)?;
    let (sequence, total) = (cursor.u16()?, cursor.u16()?);
    require(total >= 1 && sequence < total)?;
    cursor.zeros(2)?;
    let body = Sample { data: cursor.rest(), other: &[], reverse: &[], ..cursor.sample };
    let forms: [Form; 4] = [store, command, reply_line, binary];
    for form in forms {
        if let Ok((_, what)) = form(&mut Cursor::of(&body)) {
            return Ok((95, what));
        }
    }
    Err(Probe::No)
}

fn is_number(word: &[u8]) -> bool {
    let digits = word.strip_prefix(b"-").unwrap_or(word);
    (1..=20).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
}

const EXAMPLES: &[Example] = &[
    client("storage", b"set user:1 0 300 5\r\nhello\r\n"),
    client("retrieval", b"get user:1 user:2\r\n"),
    client("statistics", b"stats items\r\n"),
    server("value", b"VALUE user:1 0 5\r\nhello\r\nEND\r\n"),
    server("stored", b"STORED\r\n"),
    client("binary get", b"\x80\0\0\x05\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\0\0\0\0\0Hello"),
    server("binary miss", b"\x81\0\0\0\0\0\0\x01\0\0\0\x09\0\0\0\0\0\0\0\0\0\0\0\0Not found"),
    query("statistics over UDP", b"\0\x01\0\0\0\x01\0\0stats\r\n"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_lines_are_refused() {
        for data in
            [&b"get /index.html HTTP/1.1\r\n"[..], b"set a b\r\n", b"set k 0 0 x\r\n", b"incr k x\r\n", b"gett a\r\n"]
        {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }
}
