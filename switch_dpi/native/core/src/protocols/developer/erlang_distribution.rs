//! Erlang: the port mapper and the distribution protocol's handshake (ERTS user's guide, "Distribution Protocol"), big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// The port mapper.
const MAPPER: u16 = 4369;

/// Erlang distribution.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "erlang-distribution",
    name: "Erlang distribution",
    selector: 632,
    category: "developer",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[4369, 25672],
    first_bytes: FirstBytes::Where(|byte| byte < 2 || byte == b'w'),
    max_probe_size: 300,
    probe,
    app: "erlang",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[mapper_request, mapper_answer, handshake, status];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// ALIVE2_REQ, PORT_PLEASE2_REQ and NAMES_REQ fill their size.
fn mapper_request(cursor: &mut Cursor<'_>) -> Recognised {
    let size = usize::from(cursor.u16()?);
    match cursor.one_of(b"xzn")? {
        b'x' => {
            require((14..512).contains(&size))?;
            cursor.take(2)?;
            cursor.all(1, |kind| matches!(kind, 72 | 77 | 104 | 109))?;
            cursor.literal(b"\0")?;
            require(matches!(cursor.u16()?, 5 | 6) && cursor.u16()? == 5)?;
            Ok((90, "Erlang node registers"))
        }
        b'z' => {
            require((2..256).contains(&size))?;
            let name = cursor.all(size - 1, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))?;
            require(cursor.rest().is_empty())?;
            if cursor.sample.is_at_port(&[MAPPER]) || name.len() >= 6 {
                return Ok((if name.len() >= 4 { 70 } else { 55 }, "Erlang port request"));
            }
            Err(Probe::NeedMore)
        }
        _ => {
            require(size == 1 && cursor.rest().is_empty() && cursor.sample.is_at_port(&[MAPPER]))?;
            Ok((55, "Erlang names request"))
        }
    }
}

/// PORT2_RESP with the node's port.
fn mapper_answer(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"w\0")?;
    cursor.take(2)?;
    cursor.all(1, |kind| matches!(kind, 72 | 77 | 104 | 109))?;
    cursor.literal(b"\0")?;
    require(matches!(cursor.u16()?, 5 | 6) && cursor.u16()? == 5)?;
    Ok((90, "Erlang port answer"))
}

/// send_name, old and new: version, flags, name of a node.
fn handshake(cursor: &mut Cursor<'_>) -> Recognised {
    let size = usize::from(cursor.u16()?);
    let name = if cursor.one_of(b"nN")? == b'n' {
        require(matches!(cursor.u16()?, 5 | 6))?;
        cursor.take(4)?;
        size.saturating_sub(7)
    } else {
        cursor.take(12)?;
        usize::from(cursor.u16()?)
    };
    require((3..256).contains(&name) && name < size)?;
    let text = cursor.all(name, |byte| byte.is_ascii_graphic())?;
    require(text.contains(&b'@'))?;
    Ok((95, "Erlang node's name"))
}

fn status(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(&[
        b"\0\x03sok",
        b"\0\x10sok_simultaneous",
        b"\0\x04snok",
        b"\0\x06salive",
        b"\0\x0csnot_allowed",
    ])?;
    handshake(&mut cursor.of_peer())?;
    Ok((95, "Erlang handshake status"))
}

const EXAMPLES: &[Example] = &[
    client("registration", b"\0\x11x\xc3\x51\x4d\0\0\x06\0\x05\0\x04node\0\0"),
    client("port wanted", b"\0\x07zrabbit"),
    server("port", b"w\0\x64\x24\x4d\0\0\x06\0\x05\0\x04node\0\0"),
    client("name", b"\0\x18n\0\x05\0\x03\x7f\xfcnode@192.0.2.1234"),
];
