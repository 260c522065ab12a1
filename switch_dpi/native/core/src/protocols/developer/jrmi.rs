//! Java RMI's wire protocol (Java Remote Method Invocation specification §10).

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const MAGIC: &[u8] = b"JRMI";
const PROTOCOL_ACK: u8 = 0x4e;
/// Java serialization's magic and version.
const STREAM_MAGIC: &[u8] = b"\xac\xed\0\x05";

/// Java RMI.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "jrmi",
    name: "JRMI",
    selector: 604,
    category: "developer",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[1099],
    first_bytes: FirstBytes::Of(&[b'J', PROTOCOL_ACK, 0x50, 0x51]),
    max_probe_size: 320,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[header, call, acknowledge];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Magic, version, stream, single-operation or multiplex protocol.
fn header(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(MAGIC)?;
    cursor.literal(b"\0")?;
    cursor.within(1, 2)?;
    cursor.within(0x4b, 0x4d)?;
    Ok((100, "JRMI header"))
}

/// Call and return data: serialized.
fn call(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.within(0x50, 0x51)?;
    cursor.literal(STREAM_MAGIC)?;
    Ok((95, "JRMI call"))
}

/// ProtocolAck: the client's host and port as the server sees them.
fn acknowledge(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(&[PROTOCOL_ACK])?;
    let size = usize::from(cursor.u16()?);
    require((1..256).contains(&size))?;
    cursor.all(size, |byte| byte.is_ascii_graphic())?;
    cursor.zeros(2)?;
    require(cursor.u16()? != 0)?;
    let mut peer = cursor.of_peer();
    if peer.rest().is_empty() {
        return Ok((if size >= 7 { 70 } else { 55 }, "JRMI acknowledgement"));
    }
    peer.literal(MAGIC)?;
    Ok((100, "JRMI acknowledgement"))
}

const EXAMPLES: &[Example] = &[
    client("header", b"JRMI\0\x02\x4b"),
    client("header and call", b"JRMI\0\x02\x4c\x50\xac\xed\0\x05\x77\x22"),
    server("acknowledgement", b"\x4e\0\x09192.0.2.7\0\0\xc3\x51"),
    server("return", b"\x51\xac\xed\0\x05\x77\x0f\x01"),
];
