//! Apache Thrift (thrift-binary-protocol.md, thrift-compact-protocol.md, THeader of fbthrift): strict binary and compact messages, bare
//! or behind a frame size, over TCP and UDP (Jaeger's agents).

use crate::probing::cursor::{Checked, Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, query, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Apache Thrift.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "thrift",
    name: "Apache Thrift",
    selector: 617,
    category: "developer",
    risk: Some(40),
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[9090],
    first_bytes: FirstBytes::Of(&[0, 0x80, 0x82]),
    max_probe_size: 128,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[bare, framed, header];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// A method's name: letters, digits, and what joins service and method.
fn method(cursor: &mut Cursor<'_>, size: usize) -> Checked<()> {
    require((1..=96).contains(&size))?;
    let name = cursor.all(size, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'.'))?;
    require(name.first().is_some_and(u8::is_ascii_alphabetic))
}

fn bare(cursor: &mut Cursor<'_>) -> Recognised {
    if cursor.one_of(&[0x80, 0x82])? == 0x80 {
        // version 1, type 1 to 4
        cursor.literal(b"\x01\0")?;
        cursor.within(1, 4)?;
        let size = usize::try_from(cursor.u32()?).unwrap_or(usize::MAX);
        method(cursor, size)?;
        return Ok((90, "Thrift binary message"));
    }
    let kind = cursor.u8()?;
    require(kind & 0x1f == 1 && matches!(kind >> 5, 1..=4))?;
    for _ in 0..5 {
        if cursor.u8()? & 0x80 == 0 {
            break; // sequence number
        }
    }
    let size = usize::from(cursor.u8()?);
    method(cursor, size)?;
    Ok((if size >= 4 { 75 } else { 55 }, "Thrift compact message"))
}

fn framed(cursor: &mut Cursor<'_>) -> Recognised {
    let size = cursor.literal(b"\0").and_then(|()| cursor.u24())?;
    require(size > 8)?;
    let (confidence, what) = bare(cursor)?;
    Ok((confidence.saturating_add(5), what))
}

/// Frame size, magic 0FFF, flags, sequence, header's size in words, protocol, transforms.
fn header(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0")?;
    let size = cursor.u24()?;
    cursor.literal(b"\x0f\xff")?;
    require(cursor.u16()? <= 0x0f)?;
    cursor.take(4)?;
    require(u32::from(cursor.u16()?) * 4 < size)?;
    cursor.one_of(&[0, 2])?;
    cursor.within(0, 8)?;
    Ok((75, "THeader"))
}

const EXAMPLES: &[Example] = &[
    client("binary call", b"\x80\x01\0\x01\0\0\0\x04ping\0\0\0\x01\0"),
    client("framed binary call", b"\0\0\0\x11\x80\x01\0\x01\0\0\0\x04ping\0\0\0\x01\0"),
    server("framed compact reply", b"\0\0\0\x0b\x82\x41\x01\x07getName\0"),
    query("compact, one way, over UDP", b"\x82\x81\x01\x09emitBatch\x1c\x1c\x18\x03app\0\0\0"),
];
